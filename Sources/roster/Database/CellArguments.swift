import ArgumentParser
import FoundationEssentials
import Exchange
import JSON
import Registry

/// What somebody types to edit a row: `"Output price (USD per 1M tokens)=10"`, `pricing_prompt=0.0000025`, `tags="fast; eu"`.
struct CellArguments {
    /// Values by column, in the unit that is stored.
    let set: JSONObject

    /// Reads what was typed. Columns are named as in a CSV file: by title, where prices say their unit, or by their name in
    /// the database, which stands for the database's unit.
    ///
    /// - Parameters:
    ///   - arguments: `COLUMN=VALUE` each; an empty value empties the cell.
    ///   - table: The row's table.
    /// - Throws: `CommandFailure` in a sentence.
    init(_ arguments: [String], of table: RegistryTable) throws(CommandFailure) {
        let format = CellFormat(table)
        var set = JSONObject()
        for argument in arguments {
            guard let equals = argument.firstIndex(of: "=") else {
                throw CommandFailure("“\(argument.prefix(80))” is not COLUMN=VALUE, as in is_recommended=true.")
            }
            let name = String(argument[..<equals])
            let column: Column
            let scale: CellScale
            let value: JSONValue
            do throws(CellRefusal) {
                let found = try SheetHeading.read(name, of: table)
                let text = String(argument[argument.index(after: equals)...])
                (column, scale) = found
                value = try format.value(text, of: column, in: scale)
            } catch {
                throw CommandFailure(error.message)
            }
            if scale == .stored, let doubt = Self.doubt(value, column) { throw CommandFailure(doubt) }
            guard set[column.name] == nil else { throw CommandFailure("“\(name)” is there twice.") }
            set[column.name] = value
        }
        self.set = set
    }

    /// A price per token of more than a cent is one per million that lost its unit.
    private static func doubt(_ value: JSONValue, _ column: Column) -> String? {
        guard column.unit == .usdPerToken, let price = value.decimalReadingStrings(), price > 0.01 else { return nil }
        return "\(column.name)=\(price) means \(price) USD for each token, \(price * 1_000_000) USD per 1M. "
            + "For a price per 1M tokens write “\(column.heading)=\(price)”."
    }
}
