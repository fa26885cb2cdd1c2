import Registry
import Testing

@testable import RosterServer

/// Flags of settings among a command's own arguments.
struct SettingFlagsTests {
    @Test("Flags of settings are taken out wherever they stand; everything else stays in its order")
    func split() throws {
        let (flags, rest) = try SettingFlags.split([
            "sync", "--port", "9000", "--dry-run", "--database-url=postgres://h/d?x=y", "--providers", "a", "b",
            "--port=1", "--", "--host", "x",
        ])
        #expect(flags == ["port": "1", "database-url": "postgres://h/d?x=y"])
        #expect(rest == ["sync", "--dry-run", "--providers", "a", "b", "--", "--host", "x"])
    }

    @Test("A flag without a value is refused", arguments: [["--port"], ["--port="], ["--port", "--json"]])
    func missingValue(arguments: [String]) {
        let error = #expect(throws: SettingsError.self) { try SettingFlags.split(arguments) }
        #expect(error?.description.contains("--port has no value") == true)
    }

    @Test("A near miss is recognised, a far one is not")
    func suggestion() {
        #expect(SettingFlags.suggestion(for: "databse-url") == "database-url")
        #expect(SettingFlags.suggestion(for: "prot") == "port")
        #expect(SettingFlags.suggestion(for: "description") == nil)
    }

    @Test("Slips of the keyboard are counted", arguments: [("port", "prot", 1), ("a", "", 1), ("host", "port", 2)])
    func distance(left: String, right: String, slips: Int) {
        #expect(NearestName.distance(left, right) == slips)
        #expect(NearestName.distance(right, left) == slips)
    }
}
