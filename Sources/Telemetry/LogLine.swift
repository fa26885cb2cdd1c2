import FoundationEssentials
import JSON
import Logging

/// One event, ready to be written.
struct LogLine {
    /// A line longer than this many bytes is cut, and says so: nothing that a client sends can fill the disk with one
    /// line.
    static let limit = 16 * 1024

    let level: Logger.Level
    let label: String
    let message: String
    let fields: Logger.Metadata
    var time = Date()

    /// The line in a format, with its end.
    func bytes(in format: LogFormat) -> [UInt8] {
        var bytes: [UInt8]
        switch format {
        case .json, .auto: bytes = self.json().serialized()
        case .text: bytes = Array(self.text().utf8)
        }
        if bytes.count > Self.limit { bytes = self.cut().bytes(in: format).dropLast() }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// The same without what makes it too long.
    private func cut() -> LogLine {
        LogLine(
            level: self.level,
            label: self.label,
            message: String(self.message.prefix(1024)),
            fields: ["cut": "the line was longer than \(Self.limit) bytes"],
            time: self.time
        )
    }

    private func json() -> JSONObject {
        var object: JSONObject = [
            "time": .string(self.time.formatted(Self.timeStyle)),
            "level": .string(self.level.rawValue),
            "logger": .string(self.label),
            "message": .string(self.message),
        ]
        for (key, value) in self.fields.sorted(by: { $0.key < $1.key }) {
            // The four above are the line's own; a field of the same name stands beside them, not in their place.
            object[object[key] == nil ? key : "field_\(key)"] = Self.json(value)
        }
        return object
    }

    private static func json(_ value: Logger.Metadata.Value) -> JSONValue {
        switch value {
        case .string(let string): .string(string)
        case .stringConvertible(let value): .string(value.description)
        case .array(let values): .array(values.map(Self.json))
        case .dictionary(let fields):
            .object(JSONObject(fields.sorted { $0.key < $1.key }.map { ($0.key, Self.json($0.value)) }))
        }
    }

    private func text() -> String {
        let level = self.level.rawValue.uppercased()
        let padding = String(repeating: " ", count: max(0, 8 - level.count))
        let time = self.time.formatted(Self.timeStyle)
        var line = "\(time) \(level)\(padding) \(Self.printable(self.label)): \(Self.printable(self.message))"
        for (key, value) in self.fields.sorted(by: { $0.key < $1.key }) {
            line += " \(Self.printable(key))=\(Self.quoted(value.description))"
        }
        return line
    }

    private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    private static func quoted(_ value: String) -> String {
        let needsQuotes = value.isEmpty || value.contains { $0 == " " || $0 == "\"" || $0 == "=" }
        let printable = Self.printable(value)
        return needsQuotes ? "\"\(printable.replacing("\"", with: "\\\""))\"" : printable
    }

    /// With control characters written out, so that a value can neither begin a line nor command a terminal.
    private static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: Self.isControl) else { return text }
        var printable = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": printable += "\\n"
            case "\r": printable += "\\r"
            case "\t": printable += "\\t"
            case let scalar where Self.isControl(scalar): printable += "\\u{\(String(scalar.value, radix: 16))}"
            default: printable.unicodeScalars.append(scalar)
            }
        }
        return printable
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }
}
