import JSON

/// What spreadsheets leave in a cell that they could not show or did not keep.
enum SpreadsheetDamage {
    /// What is wrong with a cell that holds no value but a spreadsheet's own words; nil for any other.
    static func sentence(_ text: String) -> String? {
        if text.count > 1, text.allSatisfy({ $0 == "#" }) {
            return
                "“\(text.prefix(20))” is what a spreadsheet shows when its column is too narrow. Widen it and save again."
        }
        guard text.hasPrefix("#"), Self.errors.contains(text.uppercased()) else { return nil }
        return "“\(text)” is a spreadsheet's error: the formula of this cell has no value. Put the value there."
    }

    /// Excel's errors (Microsoft, “ERROR.TYPE function”), in English and in German.
    private static let errors: Set<String> = [
        "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!",
        "#WERT!", "#BEZUG!", "#ZAHL!", "#NV", "#ÜBERLAUF!", "#KALK!",
    ]

    /// Whether a text is what a spreadsheet made of `2.5` when it took it for a day: `2-May`, `02. Mai`, `May 02`.
    static func looksLikeDay(_ text: String) -> Bool {
        let words = text.lowercased().split { $0 == " " || $0 == "-" || $0 == "." || $0 == "/" }
        let months = [
            "jan", "feb", "mar", "mär", "apr", "may", "mai", "jun", "jul", "aug", "sep", "oct", "okt", "nov", "dec",
            "dez",
        ]
        return (2...3).contains(words.count)
            && words.contains { word in word.allSatisfy(\.isLetter) && months.contains { word.hasPrefix($0) } }
            && words.contains { $0.allSatisfy(\.isNumber) }
    }

    /// What became of a number on its way through a spreadsheet.
    enum Loss: Sendable, Hashable {
        /// Nothing that a spreadsheet does: somebody has typed another number.
        case none
        /// A spreadsheet keeps 15 digits of a number, and that is all that differs: nobody has edited it.
        case beyondFifteenDigits
        /// The cell has the registry's number in scientific notation with fewer digits.
        case shortened
    }

    /// Compares what stands in a cell with what the registry has.
    ///
    /// - Parameters:
    ///   - cell: What stands in the cell.
    ///   - new: What it says.
    ///   - old: What the registry has.
    /// - Returns: Whether the one may have become of the other without anybody's will.
    static func loss(_ cell: String, new: ExactDecimal, old: ExactDecimal) -> Loss {
        guard new != old else { return .none }
        if old.significantDigits > 15, [true, false].contains(where: { old.keeping(15, rounding: $0) == new }) {
            return .beyondFifteenDigits
        }
        let isScientific = cell.contains { $0 == "e" || $0 == "E" }
        // Trailing zeros of the mantissa are digits too: 1.50E-07 was rounded to three.
        let written = cell.prefix { $0 != "e" && $0 != "E" }.count { $0.isASCII && $0.isWholeNumber }
        guard isScientific, written > 0, old.keeping(written, rounding: true) == new else { return .none }
        return .shortened
    }
}
