import JSON

/// An edit of which every value has the type of its column; whether the values are allowed is the database's to say.
struct CheckedEdit {
    let index: Int
    let edit: RowEdit
    /// Values of the table's own columns.
    var cells: JSONObject = [:]
    /// The members that a route shall have; nil leaves them.
    var members: [JSONValue]?
    var giveBack: [String] = []
    var pin: [String] = []

    var table: RegistryTable { self.edit.table }
    var place: (index: Int, id: Int64?) { (self.index, self.edit.id) }

    /// Whether it changes cells of the row itself.
    var touchesRow: Bool { !self.cells.isEmpty || !self.giveBack.isEmpty || !self.pin.isEmpty }

    /// Checks an edit against its table's description.
    ///
    /// - Parameters:
    ///   - edit: What somebody wants.
    ///   - index: Where it stands among the edits.
    ///   - problems: Takes what is wrong with it; what is not wrong is kept, so that the database can say what it thinks.
    init(_ edit: RowEdit, index: Int, problems: inout [EditProblem]) {
        self.index = index
        self.edit = edit
        let isNew = edit.action == .create
        for (name, value) in edit.set {
            guard let column = edit.table.column(name) else {
                problems.append(Self.unknown(name, edit, index))
                continue
            }
            guard column.access == .editable || (isNew && column.access == .onCreate) else {
                problems.append(
                    EditProblem((index, edit.id), column: name, .readOnly, Self.refusal(of: column, isNew: isNew))
                )
                continue
            }
            do throws(CellProblem) {
                self.take(try column.read(value), for: column, isNew: isNew)
            } catch {
                problems.append(EditProblem((index, edit.id), column: name, .invalidValue, error.message))
            }
        }
        for name in edit.giveBack + edit.pin {
            if let column = edit.table.column(name), column.isDiscoverable { continue }
            let names = edit.table.discoverable.map(\.name)
            problems.append(
                EditProblem(
                    (index, edit.id),
                    column: name,
                    .invalidValue,
                    names.isEmpty
                        ? "A \(edit.table.noun) has no cells that discovery fills."
                        : "Discovery does not fill “\(name.prefix(80))”, so it cannot be pinned or given back. "
                            + "It fills \(names.joined(separator: ", "))."
                )
            )
        }
        let discoverable = Set(edit.table.discoverable.map(\.name))
        self.giveBack = edit.giveBack.filter { discoverable.contains($0) }
        self.pin = edit.pin.filter { discoverable.contains($0) }
        guard isNew else { return }
        if edit.table == .models, self.cells["model_name"] == nil {
            self.cells["model_name"] = self.cells["provider_model_id"]
        }
        for column in edit.table.columns where column.isRequired && edit.set[column.name] == nil {
            problems.append(
                EditProblem(
                    (index, nil),
                    column: column.name,
                    .required,
                    "A \(edit.table.noun) cannot be made without “\(column.name)”: \(column.meaning)"
                )
            )
        }
    }

    private mutating func take(_ value: JSONValue, for column: Column, isNew: Bool) {
        if column.type == .routeMembers {
            self.members = value.arrayValue ?? []
        } else if !(isNew && value.isNull) {
            self.cells[column.name] = value
        }
    }

    private static func unknown(_ name: String, _ edit: RowEdit, _ index: Int) -> EditProblem {
        let nearest = NearestName.of(name, among: edit.table.columns.filter { $0.access != .readOnly }.map(\.name))
        return EditProblem(
            (index, edit.id),
            column: name,
            .unknownColumn,
            "There is no column “\(name.prefix(80))” in \(edit.table.name)\(nearest.map { "; did you mean “\($0)”?" } ?? ".")"
        )
    }

    private static func refusal(of column: Column, isNew: Bool) -> String {
        if column.access == .onCreate {
            return "“\(column.name)” says which row it is and cannot be changed; make another row instead."
        }
        switch column.name {
        case "pinned", "drifted":
            return
                "“\(column.name)” follows from edits: name columns in “pin” to keep them, in “give_back” to let them go."
        default:
            return "“\(column.name)” is kept by Roster and cannot be set."
        }
    }
}
