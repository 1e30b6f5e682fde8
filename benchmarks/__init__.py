"""What maskprep costs, measured beside what one would write instead: ``make bench``."""
