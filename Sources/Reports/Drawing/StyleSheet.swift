/// Colours and type of reports and drawings.
///
/// Colours follow the reader's choice of light or dark; paper is always light. The series are the
/// colours of Okabe and Ito (2008, "Color Universal Design"), which people with any common colour
/// blindness tell apart, and lighter ones of the same hues on dark; steps of quantity differ in
/// lightness. No meaning is carried by colour alone.
enum StyleSheet {
  /// Colours of series, of which the last stands for everything else.
  static let seriesCount = 8
  /// Steps of lightness of cells.
  static let stepCount = 9

  private static let light = palette(
    paper: "#ffffff", panel: "#f6f8fa", ink: "#1b1f24", soft: "#57606a", rule: "#d0d7de",
    good: "#0b5cad", bad: "#a83a00", caution: "#7a5c00",
    series: [
      "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#c7bb1f", "#8c959f",
    ],
    steps: [
      "#f1f6fb", "#dbe8f5", "#c0d8ed", "#9fc4e3", "#79abd6", "#5590c6", "#3674b0", "#1f5894",
      "#0b3c71",
    ], inkSteps: 6, inkOnLight: "#0b1620", inkOnDark: "#ffffff")

  private static let dark = palette(
    paper: "#0d1117", panel: "#161b22", ink: "#e6edf3", soft: "#9da7b1", rule: "#363d46",
    good: "#79c0ff", bad: "#ffa36b", caution: "#e3c25a",
    series: [
      "#4aa8e0", "#ff8a3d", "#2fc79b", "#e59ac4", "#f2b84b", "#a5d8f7", "#f0e442", "#8b949e",
    ],
    steps: [
      "#16202b", "#1a2c40", "#1d3957", "#20476f", "#265889", "#326ea6", "#4a8ac4", "#73abdd",
      "#a9d0f2",
    ], inkSteps: 6, inkOnLight: "#f0f6fc", inkOnDark: "#08121c")

  private static func palette(
    paper: String, panel: String, ink: String, soft: String, rule: String, good: String,
    bad: String, caution: String, series: [String], steps: [String], inkSteps: Int,
    inkOnLight: String, inkOnDark: String
  ) -> String {
    var text =
      "--paper:\(paper);--panel:\(panel);--ink:\(ink);--soft:\(soft);--rule:\(rule);"
      + "--good:\(good);--bad:\(bad);--caution:\(caution);"
    for (index, color) in series.enumerated() { text += "--c\(index):\(color);" }
    for (index, color) in steps.enumerated() {
      text += "--h\(index):\(color);--k\(index):\(index < inkSteps ? inkOnLight : inkOnDark);"
    }
    return text
  }

  /// The rules that drawings need, inside a page or alone.
  static let drawing: String = {
    var text =
      ":root{color-scheme:light dark;\(light)}\n"
      + "@media screen and (prefers-color-scheme:dark){:root{\(dark)}}\n"
    text += """
      svg{font-family:"Helvetica Neue",Arial,"Liberation Sans","DejaVu Sans",sans-serif}
      .paper{fill:var(--paper)}
      .t{fill:var(--ink)}
      .s{fill:var(--soft)}
      .b{font-weight:bold}
      .halo{paint-order:stroke;stroke:var(--paper);stroke-width:3;stroke-linejoin:round}
      .axis{stroke:var(--soft);stroke-width:1}
      .grid{stroke:var(--rule);stroke-width:1}
      .leader{stroke:var(--soft);stroke-width:.8}
      .ring{fill:none;stroke:var(--ink);stroke-width:1.6}
      .limit{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:6 4}
      .seen{fill:none;stroke:var(--soft);stroke-width:3;stroke-linecap:round;stroke-opacity:.55}
      .quiet{fill:var(--rule)}

      """
    let dashes = ["", "7 4", "2 3", "9 3 2 3", "4 2", "12 4", "1 4", "6 2 1 2"]
    for index in 0..<seriesCount {
      let color = "var(--c\(index))"
      let dash = dashes[index].isEmpty ? "" : ";stroke-dasharray:\(dashes[index])"
      text +=
        ".f\(index){fill:\(color);stroke:var(--paper);stroke-width:1}"
        + ".m\(index){fill:\(color);stroke:var(--paper);stroke-width:1}"
        + ".o\(index){fill:var(--paper);stroke:\(color);stroke-width:1.8}"
        + ".x\(index){fill:none;stroke:\(color);stroke-width:1.8}"
        + ".l\(index){fill:none;stroke:\(color);stroke-width:1.8\(dash)}"
        + ".e\(index){stroke:\(color);stroke-width:1;stroke-opacity:.75}"
        + ".d\(index){fill:none;stroke:\(color);stroke-width:3;stroke-linecap:round;"
        + "stroke-opacity:.5}\n"
    }
    for index in 0..<stepCount {
      text +=
        ".h\(index){fill:var(--h\(index));stroke:var(--paper);stroke-width:1}"
        + ".k\(index){fill:var(--k\(index))}\n"
    }
    return text
  }()

  /// The rules of a page, after those of its drawings.
  static let page = """
    *{box-sizing:border-box}
    body{margin:0;background:var(--paper);color:var(--ink);
    font:15px/1.5 "Helvetica Neue",Arial,"Liberation Sans","DejaVu Sans",sans-serif}
    main{max-width:940px;margin:0 auto;padding:24px 20px 60px}
    h1{font-size:26px;margin:0 0 4px;overflow-wrap:anywhere}
    h2{font-size:20px;margin:40px 0 6px;padding-top:14px;border-top:2px solid var(--rule);
    overflow-wrap:anywhere}
    h3{font-size:16px;margin:28px 0 6px}
    p{margin:6px 0;max-width:80ch;overflow-wrap:anywhere}
    .soft{color:var(--soft)}
    .verdict{font-size:18px;font-weight:bold;border-left:6px solid var(--soft);
    padding:6px 12px;margin:12px 0;background:var(--panel);overflow-wrap:anywhere}
    .verdict.good{border-color:var(--good);color:var(--good)}
    .verdict.bad{border-color:var(--bad);color:var(--bad)}
    .verdict.caution{border-color:var(--caution);color:var(--caution)}
    .verdict span{color:var(--ink);font-weight:normal;font-size:15px}
    dl{display:grid;grid-template-columns:fit-content(40%) 1fr;gap:2px 16px;margin:10px 0}
    dt{color:var(--soft);overflow-wrap:anywhere}
    dd{margin:0;overflow-wrap:anywhere}
    figure{margin:10px 0 6px;break-inside:avoid}
    figure svg{display:block;max-width:100%;height:auto}
    figcaption{color:var(--soft);font-size:13px;max-width:100ch}
    .table{overflow-x:auto;margin:8px 0 4px}
    table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
    caption{text-align:left;font-weight:bold;padding:4px 0;white-space:nowrap}
    th,td{padding:3px 10px;border-bottom:1px solid var(--rule);text-align:left;
    vertical-align:top;white-space:nowrap}
    .w{white-space:normal;min-width:36ch;max-width:70ch;overflow-wrap:anywhere}
    th{border-bottom:2px solid var(--rule);color:var(--soft);font-weight:normal;
    vertical-align:bottom}
    th[aria-sort]{color:var(--ink);font-weight:bold}
    .sortable th{cursor:pointer}
    .n{text-align:right}
    details{margin:6px 0}
    summary{cursor:pointer;color:var(--soft);font-size:13px}
    code{font-family:"DejaVu Sans Mono","Liberation Mono",monospace;font-size:12.5px;
    overflow-wrap:anywhere}
    @media (max-width:640px){main{padding:12px 12px 40px}h1{font-size:21px}h2{font-size:18px}
    dl{grid-template-columns:1fr;gap:0}dd{margin:0 0 6px}
    figure{overflow-x:auto}figure svg{min-width:640px}caption{white-space:normal}
    th,td{padding:3px 7px}.w{min-width:28ch}}
    @media print{.screen,summary{display:none}figcaption{font-size:10px}figure{overflow:visible}figure svg{min-width:0}body{font-size:11px}main{max-width:none;padding:0}h2,h3{break-after:avoid}
    table{font-size:10px;max-width:100%}th,td{padding:2px 6px;white-space:normal;
    overflow-wrap:anywhere}table:has(.w,.l) :is(th,td):not(.w,.l){overflow-wrap:normal}.w{min-width:20ch}tr{break-inside:avoid}thead{display:table-header-group}
    .table{overflow:visible}
    details::details-content{content-visibility:visible;block-size:auto}}

    """
}
