import FoundationEssentials
import Importers
import TestSupport
import Testing

/// Texts by hand in the layouts of the tools, with names and numbers of their own.
@Suite("Reports of high-level and logic synthesis")
struct SynthesisReportTests {
  private static let old = """
    ================================================================
    == Vivado HLS Report for 'jet'
    ================================================================
    * Date:           Thu Jan  2 03:04:05 2020

    * Version:        2019.2 (Build 1 on Wed Nov 06 00:00:00 MST 2019)
    * Project:        jet_prj
    * Target device:  xcvu9p-flgb2104-2-e

    + Latency (clock cycles):
        * Summary:
        +-----+-----+-----+-----+----------+
        |  Latency  |  Interval | Pipeline |
        | min | max | min | max |   Type   |
        +-----+-----+-----+-----+----------+
        |   12|   13|    1|    2| function |
        +-----+-----+-----+-----+----------+

    == Utilization Estimates
    * Summary:
    +-----------------+---------+-------+---------+---------+-----+
    |       Name      | BRAM_18K| DSP48E|    FF   |   LUT   | URAM|
    +-----------------+---------+-------+---------+---------+-----+
    |DSP              |        -|      -|        -|        -|    -|
    |Instance         |        4|   1450|    10441|    84929|    -|
    |Register         |        -|      -|      100|        -|    -|
    +-----------------+---------+-------+---------+---------+-----+
    |Total            |        4|   1450|    10541|    84929|    0|
    +-----------------+---------+-------+---------+---------+-----+
    |Available        |     4320|   6840|  2364480|  1182240|  960|
    +-----------------+---------+-------+---------+---------+-----+
    """

  @Test("Vivado HLS: cycles in four columns, DSP48E")
  func vivado() throws {
    for text in [Self.old, Self.old.replacing("\n", with: "\r\n")] {
      let report = try #require(SynthesisReport(text, path: "a.rpt"))
      #expect(report.stage == .csynth && report.tool == "2019.2")
      #expect(report.part == "xcvu9p-flgb2104-2-e")
      #expect(report.latency == 12...13 && report.interval == 1...2)
      #expect(report.lut == 84929 && report.ff == 10541 && report.dsp == 1450)
      #expect(report.bram18 == 4 && report.uram == 0)
    }
  }

  @Test("Vitis HLS: times beside cycles, DSP")
  func vitis() throws {
    let text = Self.old.replacing(
      "    |  Latency  |  Interval | Pipeline |\n    | min | max | min | max |   Type   |",
      with: "    |  Latency (cycles) |  Latency (absolute)  |  Interval | Pipeline |\n"
        + "    |   min   |   max   |    min    |    max   | min | max |   Type   |"
    ).replacing(
      "|   12|   13|    1|    2| function |",
      with: "|       12|       13| 60.000 ns | 65.000 ns|    1|    2| yes |"
    ).replacing("| DSP48E|", with: "|  DSP  |")
    let report = try #require(SynthesisReport(text, path: "a.rpt"))
    #expect(report.latency == 12...13 && report.interval == 1...2 && report.dsp == 1450)
  }

  @Test("csynth.xml of both tools")
  func xml() throws {
    for name in ["DSP48E", "DSP"] {
      let text = """
        <profile><ReportVersion><Version>2022.2</Version></ReportVersion>
        <UserAssignments><Part>xc7z020-clg400-1</Part><TopModelName>net</TopModelName>
        <TargetClockPeriod>10.00</TargetClockPeriod></UserAssignments>
        <PerformanceEstimates><SummaryOfTimingAnalysis>
        <EstimatedClockPeriod>7.254</EstimatedClockPeriod></SummaryOfTimingAnalysis>
        <SummaryOfOverallLatency><Best-caseLatency>4097</Best-caseLatency>
        <Worst-caseLatency>4100</Worst-caseLatency><Interval-min>4096</Interval-min>
        <Interval-max>4099</Interval-max></SummaryOfOverallLatency></PerformanceEstimates>
        <AreaEstimates><Resources><BRAM_18K>7</BRAM_18K><FF>1500</FF><LUT>2500</LUT>
        <URAM>0</URAM><\(name)>17</\(name)></Resources><AvailableResources><LUT>53200</LUT>
        </AvailableResources></AreaEstimates></profile>
        """
      let report = try #require(SynthesisReport(text, path: "csynth.xml"))
      #expect(report.latency == 4097...4100 && report.interval == 4096...4099)
      #expect(report.lut == 2500 && report.ff == 1500 && report.dsp == 17 && report.bram18 == 7)
      #expect(report.clockPeriod == 10 && report.estimatedPeriod == 7.254 && report.top == "net")
    }
  }

  @Test("utilization of Vivado: CLB and slice names, blocks of 36 Kib counted in halves")
  func utilization() throws {
    for (luts, registers) in [("CLB LUTs*", "CLB Registers"), ("Slice LUTs", "Slice Registers")] {
      let text = """
        Utilization Design Information
        | Tool Version : Vivado v.2019.2 (lin64) Build 1
        | Device       : xcvu9pflgb2104-2
        1. Logic
        +------------------+-------+-------+-----------+-------+
        |     Site Type    |  Used | Fixed | Available | Util% |
        +------------------+-------+-------+-----------+-------+
        | \(luts)        | 60597 |     0 |   1182240 |  5.13 |
        |   LUT as Logic   | 60000 |     0 |   1182240 |  5.08 |
        | \(registers)   |  9876 |     0 |   2364480 |  0.42 |
        +------------------+-------+-------+-----------+-------+
        2. Memory
        +-------------------+------+-------+-----------+-------+
        |     Site Type     | Used | Fixed | Available | Util% |
        +-------------------+------+-------+-----------+-------+
        | Block RAM Tile    |  2.5 |     0 |      2160 |  0.12 |
        | URAM              |    0 |     0 |       960 |  0.00 |
        +-------------------+------+-------+-----------+-------+
        3. Arithmetic
        +-----------+------+-------+-----------+-------+
        | Site Type | Used | Fixed | Available | Util% |
        +-----------+------+-------+-----------+-------+
        | DSPs      | 1386 |     0 |      6840 | 20.26 |
        +-----------+------+-------+-----------+-------+
        """
      let report = try #require(SynthesisReport(text, path: "vivado_synth.rpt"))
      #expect(report.stage == .postSynthesis && report.part == "xcvu9pflgb2104-2")
      #expect(report.lut == 60597 && report.ff == 9876 && report.dsp == 1386)
      #expect(report.bram18 == 5 && report.uram == 0 && report.latency == nil)
    }
  }

  @Test("unknown cycles stay unknown; other texts are no reports; damaged ones do not trap")
  func damage() throws {
    let open = Self.old.replacing("|   12|   13|    1|    2|", with: "|    ?|    ?|    ?|    ?|")
    let report = try #require(SynthesisReport(open, path: "a.rpt"))
    #expect(report.latency == nil && report.lut == 84929)
    #expect(SynthesisReport("", path: "a") == nil)
    #expect(SynthesisReport("<profile><AreaEstimates></profile>", path: "a") == nil)
    let bytes = Array(Self.old.utf8)
    for length in stride(from: 0, to: bytes.count, by: 7) {
      _ = SynthesisReport(String(decoding: bytes[..<length], as: UTF8.self), path: "a")
    }
  }

  @Test("a project's reports: the design's own, one a stage")
  func project() throws {
    let folder = try TemporaryFolder()
    let place = "jet_prj/solution1/syn/report"
    try FileManager.default.createDirectory(
      atPath: folder.file(place), withIntermediateDirectories: true)
    let inner = Self.old.replacing("84929|    0", with: "    7|    0")
    _ = try folder.write(Array(Self.old.utf8), to: place + "/jet_csynth.rpt")
    _ = try folder.write(Array(inner.utf8), to: place + "/dense_csynth.rpt")
    let found = SynthesisReport.designs(
      in: folder.path, paths: [place + "/dense_csynth.rpt", place + "/jet_csynth.rpt", "none.rpt"],
      name: "jet")
    #expect(found.map(\.lut) == [84929])
  }

  /// Rows of instances in both forms of their heads: one line, and two whose first has no names.
  private static let instances = """
        * Instance:
        +----------+-----------------+-----+-----+-----+-----+----------+
        |          |                 |  Latency  |  Interval | Pipeline |
        | Instance |      Module     | min | max | min | max |   Type   |
        +----------+-----------------+-----+-----+-----+-----+----------+
        |call_U0   |dense_s_config2_s|    3|    5|    1|    2| function |
        |call_U1   |relu_relu_config3|    1|    1|    1|    1| function |
        +----------+-----------------+-----+-----+-----+-----+----------+

        * Instance:
        +---------+-----------------+---------+-------+----+-----+-----+
        | Instance|      Module     | BRAM_18K| DSP48E| FF | LUT | URAM|
        +---------+-----------------+---------+-------+----+-----+-----+
        |call_U0  |dense_s_config2_s|        4|     10| 200| 3000|    0|
        |call_U1  |relu_relu_config3|        0|      0|   8|   90|    0|
        +---------+-----------------+---------+-------+----+-----+-----+
        |Total    |                 |        4|     10| 208| 3090|    0|
        +---------+-----------------+---------+-------+----+-----+-----+
    """

  @Test("modules of a text: what they take and their cycles; configurations end their names")
  func modules() throws {
    let report = try #require(SynthesisReport(Self.old + "\n" + Self.instances, path: "a.rpt"))
    #expect(report.lut == 84929 && report.latency == 12...13)
    #expect(report.modules.map(\.name) == ["dense_s_config2_s", "relu_relu_config3"])
    let dense = report.modules[0]
    #expect(dense.lut == 3000 && dense.ff == 200 && dense.dsp == 10 && dense.bram18 == 4)
    #expect(dense.latency == 5 && dense.interval == 2)
    #expect(dense.has(configuration: "config2") && !dense.has(configuration: "config22"))
    #expect(report.modules[1].has(configuration: "relu_config3"))
    #expect(!report.modules[1].has(configuration: "config2"))
  }

  @Test("modules of XML")
  func moduleInformation() throws {
    func module(_ name: String, _ lut: Int) -> String {
      """
      <Module><Name>\(name)</Name><PerformanceEstimates><SummaryOfOverallLatency>
      <Worst-caseLatency>7</Worst-caseLatency><Interval-max>3</Interval-max>
      </SummaryOfOverallLatency></PerformanceEstimates><AreaEstimates><Resources><LUT>\(lut)</LUT>
      <FF>5</FF><DSP>2</DSP></Resources></AreaEstimates></Module>
      """
    }
    let text = """
      <profile><AreaEstimates><Resources><LUT>100</LUT><FF>9</FF></Resources></AreaEstimates>
      <ModuleInformation>\(module("dense_config2_s", 40))\(module("relu_config4_s", 9))
      </ModuleInformation></profile>
      """
    let report = try #require(SynthesisReport(text, path: "csynth.xml"))
    #expect(report.lut == 100 && report.modules.map(\.lut) == [40, 9])
    #expect(report.modules[0].latency == 7 && report.modules[0].interval == 3)
    #expect(report.modules[0].dsp == 2 && report.modules[0].bram18 == nil)
  }
}
