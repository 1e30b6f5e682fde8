"""All words of the page, in each of its languages; what rules and trainers say stays as it is."""

from __future__ import annotations

from maskprep.checking.verdict import Harm

LANGUAGES = {"en": "English", "ja": "日本語", "zh": "中文"}

#: English, Japanese, Chinese.
_TABLE: dict[str, tuple[str, str, str]] = {
    "language": ("Language", "言語", "语言"),
    "theme": ("Light or dark", "明暗を切り替え", "切换明暗"),
    "todo": ("What to do, the worst first", "やること（重大な順）", "要做的事（最严重的在前）"),
    "nothing_to_do": ("Nothing to do.", "することはありません。", "没有要做的事。"),
    "times": ("times", "件", "处"),
    "more_todo": (
        "more: see maskprep check",
        "件あり：maskprep check を参照",
        "项：见 maskprep check",
    ),
    "copy": ("Copy", "コピー", "复制"),
    "copied": ("Copied", "コピーしました", "已复制"),
    "pairs": ("Every mask, the worst first", "すべてのマスク（悪い順）", "所有蒙版（最差的在前）"),
    "legend_train": ("trains", "学習される", "参与训练"),
    "legend_ignore": ("is ignored", "無視される", "被忽略"),
    "legend_between": ("trains in part", "一部だけ学習", "部分训练"),
    "legend_lost": ("detail that hardly trains", "ほとんど学習されない細部", "几乎不训练的细节"),
    "legend_leak": (
        "should be ignored, trains all the same",
        "無視すべきなのに学習される",
        "应忽略却仍在训练",
    ),
    "filter": ("Show only", "絞り込み", "只显示"),
    "all": ("all", "すべて", "全部"),
    "clean": ("no finding", "問題なし", "无问题"),
    "sort": ("Sort by", "並べ替え", "排序"),
    "by_worst": ("worst first", "悪い順", "最差在前"),
    "by_coverage": ("coverage, least first", "カバー率（小さい順）", "覆盖率（小在前）"),
    "by_lost": ("lost details", "失われる細部", "丢失的细节"),
    "by_share": ("share of gradient", "勾配の割合", "梯度占比"),
    "by_shift": ("shift", "ずれ", "偏移"),
    "shown": ("shown", "件を表示", "个已显示"),
    "coverage": ("Coverage", "カバー率", "覆盖率"),
    "weight_mean": ("Trains, on the mean", "平均の重み", "平均权重"),
    "details_lost": ("Details lost", "失われる細部", "丢失的细节"),
    "share": ("Share of gradient", "勾配の割合", "梯度占比"),
    "shift": ("Shift", "ずれ", "偏移"),
    "size": ("Image", "画像", "图像"),
    "bucket": ("Bucket", "バケット", "分桶"),
    "crop_loss": ("Cut off by the crop", "切り抜きで失われる", "裁剪掉"),
    "none": ("none", "なし", "无"),
    "open": ("Look closely, try a growth", "詳しく見る・膨張を試す", "细看并试着膨胀"),
    "accept": ("accept", "採用", "接受"),
    "reject": ("reject", "却下", "拒绝"),
    "findings": ("Found", "見つかったこと", "发现"),
    "lost_list": ("Details that hardly train", "ほとんど学習されない細部", "几乎不训练的细节"),
    "leak_list": ("Ignored, yet trains", "無視のはずが学習される", "应忽略却训练"),
    "at": ("at", "位置", "位置"),
    "detail": ("detail", "細部", "细节"),
    "weight": ("weight", "重み", "权重"),
    "mended_by": ("mended by a radius of", "次の半径で直る", "膨胀此半径可修复"),
    "no_radius": ("no radius mends it", "どの半径でも直らない", "任何半径都无法修复"),
    "shift_told": (
        "The trainer stretches the mask instead of cropping it: it lies out of place by up to",
        "トレーナーはマスクを切り抜かず引き伸ばすため、最大で次だけずれます：",
        "训练器拉伸而非裁剪蒙版：最多偏移",
    ),
    "drawn": ("your mask", "描いたマスク", "你画的蒙版"),
    "seen": ("what the trainer sees", "トレーナーの見え方", "训练器所见"),
    "wipe": (
        "From your mask to what the trainer sees",
        "描いたマスク ⇔ トレーナーの見え方",
        "你画的蒙版 ⇔ 训练器所见",
    ),
    "flicker": ("Flicker", "交互表示", "闪烁对比"),
    "style": ("Draw as", "表示", "显示为"),
    "fill": ("filled", "塗りつぶし", "填充"),
    "outline": ("outline", "輪郭", "轮廓"),
    "picture": ("picture alone", "画像のみ", "仅图像"),
    "canvas": (
        "Picture with cells. Arrow keys move from cell to cell.",
        "セルを重ねた画像。矢印キーでセルを移動します。",
        "带单元格的图像。用方向键逐格移动。",
    ),
    "cell": ("cell", "セル", "单元格"),
    "hover": (
        "Point at a cell, or use the arrow keys, to read its weight.",
        "セルを指すか矢印キーで重みを表示します。",
        "指向单元格或用方向键查看其权重。",
    ),
    "grow": ("Try a growth", "膨張を試す", "试着膨胀"),
    "radius": ("Radius, px of the mask", "半径（マスクの px）", "半径（蒙版像素）"),
    "details_only": ("details only", "細部のみ", "仅细节"),
    "before": ("before", "前", "之前"),
    "now": ("now", "今", "现在"),
    "still_lost": ("Details still lost", "まだ失われる細部", "仍丢失的细节"),
    "command": ("Command", "コマンド", "命令"),
    "no_replay": (
        "Growing cannot be tried here: this page does not replay the way this trainer resizes"
        " this mask. The command does.",
        "ここでは膨張を試せません：このトレーナーの縮小方法をこのページは再現しません。コマンドをお使いください。",
        "此处无法试膨胀：本页不重现该训练器对此蒙版的缩放方式。请用命令。",
    ),
    "not_carried": (
        "To stay small, this page carries the whole masks of its worst pairs only. To try a growth"
        " on this one, write a page of it alone: maskprep report … --only NAME.",
        "容量を抑えるため、マスク全体は悪い順に一部だけ含まれます。"
        "このペアで試すには maskprep report … --only NAME で単独のページを作成してください。",
        "为保持小巧，本页仅含最差若干对的完整蒙版。"
        "若要在此试膨胀，请用 maskprep report … --only NAME 单独生成页面。",
    ),
    "compare": ("Compared with the other masks", "別のマスクとの比較", "与另一组蒙版比较"),
    "overlap": ("Overlap (IoU)", "重なり（IoU）", "重叠（IoU）"),
    "changed": ("Cells that change", "変わるセル", "变化的单元格"),
    "other": ("the other mask", "別のマスク", "另一蒙版"),
    "elsewhere": ("Under other trainers", "他のトレーナーでは", "在其他训练器下"),
    "elsewhere_by": (
        "As if the set had been laid out for each by maskprep convert",
        "maskprep convert で各トレーナー用に配置した場合",
        "如同用 maskprep convert 为各训练器布置",
    ),
    "trainer": ("Trainer", "トレーナー", "训练器"),
    "weakest": ("Weakest detail", "最も弱い細部", "最弱的细节"),
    "histogram": ("How much of each image trains", "各画像の学習される割合", "每张图像训练的比例"),
    "histogram_by": (
        "Images by their mean weight, from 0 to 100 %",
        "平均の重みごとの画像数（0～100 %）",
        "按平均权重的图像数（0 到 100 %）",
    ),
    "shares": ("Who pulls the gradient", "勾配への影響", "谁在主导梯度"),
    "shares_by": ("The largest shares", "割合の大きい順", "占比最大的"),
    "buckets": ("Buckets", "バケット", "分桶"),
    "images": ("Images", "画像数", "图像数"),
    "export": ("Save the accepted as a list", "採用した一覧を保存", "保存已接受列表"),
    "export_rejected": ("Save the rejected as a list", "却下した一覧を保存", "保存已拒绝列表"),
    "export_hint": (
        "Every command takes such a list: --only LIST",
        "一覧は各コマンドの --only LIST で使えます",
        "列表可用于各命令的 --only LIST",
    ),
    "no_script": (
        "Without JavaScript the sheet and its numbers can be read; to filter, sort and try growths,"
        " allow it: this page asks no network for anything.",
        "JavaScript なしでも一覧と数値は読めます。"
        "絞り込みや膨張の試行には許可してください。通信は行いません。",
        "没有 JavaScript 也可查看图像与数字；筛选、排序与试膨胀需要启用它。本页不访问网络。",
    ),
    "page": ("Page", "ページ", "页"),
    "untold": ("cannot be foretold", "予測できません", "无法预知"),
    "error": ("error", "エラー", "错误"),
    "warning": ("warning", "警告", "警告"),
    "info": ("info", "情報", "提示"),
    f"harm_{Harm.NO_START.name}": ("Will not start", "開始しません", "无法启动"),
    f"harm_{Harm.STOP.name}": ("Stops in its first epoch", "最初のエポックで停止", "首个轮次中止"),
    f"harm_{Harm.UNKNOWN.name}": ("Not foretold", "予測できません", "无法预知"),
    f"harm_{Harm.WRONG.name}": ("Trains wrongly", "誤って学習します", "训练有误"),
    f"harm_{Harm.DOUBT.name}": ("Ready, with doubts", "開始可（要確認）", "可以开始，但有疑点"),
    f"harm_{Harm.NONE.name}": ("Ready", "準備完了", "就绪"),
}


def words_in(language: str) -> dict[str, str]:
    """Give all words in one language.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.

    Returns
    -------
    dict of str to str
        By their keys.
    """
    place = list(LANGUAGES).index(language)
    return {key: row[place] for key, row in _TABLE.items()}
