import FoundationEssentials
import JSON
import Registry

/// How dangerous the change of a cell is, and what it is in words.
struct PlanVerdict {
    let danger: Plan.Danger
    /// By how much a number rises.
    let percent: Decimal?
    let words: String

    /// Columns of providers by which requests go where they go.
    private static let whereRequestsGo = ["adapter", "base_url", "api_key_env_var"]

    /// Judges a change.
    ///
    /// - Parameters:
    ///   - column: The column.
    ///   - old: What is there.
    ///   - new: What is to be there; another value.
    ///   - table: The column's table.
    ///   - criticalIncrease: The rise of a price, in percent, from which it is critical.
    init(_ column: Column, from old: JSONValue, to new: JSONValue, of table: RegistryTable, criticalIncrease: Decimal) {
        let change = "\(column.title) \(Self.shown(old, column)) → \(Self.shown(new, column))"
        if column.name.hasPrefix("pricing_") {
            self.init(price: column, old, new, change, criticalIncrease)
        } else if column.unit == .tokens {
            self.init(length: column, old, new, change)
        } else if column.name == "is_active" {
            let isOff = new == false
            self.init(
                isOff ? .critical : .notable,
                isOff ? "the \(table.noun) is switched off" : "the \(table.noun) is switched on"
            )
        } else if column.name.hasPrefix("supports_") {
            let isLost = old == true
            self.init(
                isLost ? .critical : .notable,
                isLost ? "\(column.title) is lost (\(Self.shown(new, column)))" : change
            )
        } else if ["input_modalities", "output_modalities"].contains(column.name) {
            let lost = (old.arrayValue ?? []).filter { new.arrayValue?.contains($0) != true }.compactMap(\.stringValue)
            self.init(
                lost.isEmpty ? .notable : .critical,
                lost.isEmpty ? change : "\(column.title): \(lost.joined(separator: ", ")) is lost"
            )
        } else if ["is_recommended", "deprecation_date", "successor", "members", "strategy"].contains(column.name) {
            self.init(.notable, change)
        } else if table == .providers, Self.whereRequestsGo.contains(column.name) {
            self.init(.notable, "\(change): requests go another way")
        } else {
            self.init(.harmless, change)
        }
    }

    private init(_ danger: Plan.Danger, percent: Decimal? = nil, _ words: String) {
        self.danger = danger
        self.percent = percent
        self.words = words
    }

    private init(price column: Column, _ old: JSONValue, _ new: JSONValue, _ change: String, _ limit: Decimal) {
        guard let before = old.decimalReadingStrings(), let after = new.decimalReadingStrings() else {
            // Of an unknown price, cost is unknown too.
            self.init(.notable, change)
            return
        }
        guard before > 0 else {
            self.init(.critical, "\(column.title) is no longer free: \(change)")
            return
        }
        let exact = (after - before) * 100 / before
        // For people, and for nothing else: two decimals.
        let hundredths = ((Double(exact.description) ?? 0) * 100).rounded()
        let percent = Int64(exactly: hundredths).map {
            Decimal(sign: $0 < 0 ? .minus : .plus, exponent: -2, significand: Decimal(abs($0)))
        }
        guard let percent else {
            self.init(exact >= limit ? .critical : .notable, change)
            return
        }
        let rise = percent > 0 ? "+\(percent)" : "\(percent)"
        self.init(exact >= limit ? .critical : .notable, percent: percent, "\(change) (\(rise) %)")
    }

    private init(length column: Column, _ old: JSONValue, _ new: JSONValue, _ change: String) {
        guard let before = old.int64Value, let after = new.int64Value else {
            self.init(.notable, change)
            return
        }
        self.init(after < before ? .critical : .notable, change)
    }

    /// A value as people read it, on a line.
    private static func shown(_ value: JSONValue, _ column: Column) -> String {
        switch value {
        case .null: return column.type == .decimal || column.type == .integer ? "unknown" : "empty"
        case .bool(let bool): return bool ? "yes" : "no"
        case .number(let number): return number.spelling
        case .string(let text):
            guard column.type == .decimal, let exact = try? ExactDecimal(text),
                let plain = exact.plain(shiftedBy: column.unit?.shownShift ?? 0, mostPlaces: ColumnType.mostPlaces)
            else { return "“\(text.count > 60 ? "\(text.prefix(60))…" : text)”" }
            return plain + (column.unit.map { " \($0.shown)" } ?? "")
        case .array(let elements):
            let names = elements.map { RouteMemberName.bare($0) }.map { $0.stringValue ?? $0.serializedString() }
            return names.isEmpty ? "none" : names.joined(separator: ", ")
        case .object: return "other \(column.title.lowercased())"
        }
    }
}
