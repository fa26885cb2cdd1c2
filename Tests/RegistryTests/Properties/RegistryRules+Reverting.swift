/// Everything that has happened, as the rules have it: a state for each revision, the latest last.
struct RuledHistory {
    private(set) var states = [RuledState()]
    /// The latest state; committing it makes the next revision.
    private(set) var now = RuledState()

    var revision: Int64 { Int64(self.states.count - 1) }

    subscript(_ revision: Int64) -> RuledState { self.states[Int(revision)] }

    /// Counts a revision that changed nothing that the rules look at.
    mutating func begin() { self.states.append(self.now) }

    /// Takes a state as the result of a transaction; one that changes nothing makes no revision.
    mutating func commit(_ state: RuledState) {
        guard state != self.now else { return }
        self.states.append(state)
        self.now = state
    }

    /// The revisions, newest first, that changed something that people see of a row, or of one of its cells.
    func latestChange(of key: RowKey, column: String? = nil) -> Int64? {
        self.revisions { before, after in
            if column == "members" || (column == nil && key.table == "routes") {
                let parts = self.parts(of: key)
                if parts.contains(where: { Self.differs(before.rows[$0], after.rows[$0]) }) { return true }
                if column == "members" { return false }
            }
            return Self.differs(before.rows[key], after.rows[key], column: column)
        }
    }

    /// The latest revision that deleted a row.
    func deletion(of key: RowKey) -> Int64? {
        self.revisions { before, after in before.rows[key] != nil && after.rows[key] == nil }
    }

    private func revisions(where isWanted: (RuledState, RuledState) -> Bool) -> Int64? {
        for revision in stride(from: self.revision, to: 0, by: -1) where isWanted(self[revision - 1], self[revision]) {
            return revision
        }
        return nil
    }

    private static func differs(_ left: RuledRow?, _ right: RuledRow?, column: String? = nil) -> Bool {
        guard let left, let right else { return (left == nil) != (right == nil) }
        let differences = self.differences(left, right)
        return column.map { differences.contains($0) } ?? !differences.isEmpty
    }

    /// The cells in which what people see of two rows differs: the value, or the pin.
    private static func differences(_ left: RuledRow, _ right: RuledRow) -> Set<String> {
        var columns = left.pinned.symmetricDifference(right.pinned)
        for column in Set(left.cells.keys).union(right.cells.keys) where left.cells[column] != right.cells[column] {
            columns.insert(column)
        }
        return columns
    }

    /// The members that a route has ever had.
    private func parts(of key: RowKey) -> Set<RowKey> {
        guard key.table == "routes" else { return [] }
        var parts: Set<RowKey> = []
        for state in self.states {
            for (part, row) in state.rows where row.cells["route_id"] == String(key.id) { parts.insert(part) }
        }
        return parts
    }

    /// The state after taking back what a revision did to everything, to a row with its parts, or to a cell; nil where that
    /// must be refused.
    func reverting(_ revision: Int64, only key: RowKey? = nil, column: String? = nil) -> RuledState? {
        let before = self[revision - 1]
        let after = self[revision]
        var result = self.now
        let parts = key.map(self.parts) ?? []
        for row in Set(before.rows.keys).union(after.rows.keys) {
            if let key {
                let isWanted =
                    switch column {
                    case "members": parts.contains(row)
                    case nil: row == key || parts.contains(row)
                    default: row == key
                    }
                guard isWanted else { continue }
            }
            guard before.rows[row] != after.rows[row] else { continue }
            let cell = column == "members" ? nil : column
            switch (before.rows[row], after.rows[row], self.now.rows[row]) {
            case (nil, nil, _): continue
            case (nil, .some, _) where cell != nil, (.some, nil, _) where cell != nil: return nil
            case (nil, .some, nil): continue
            case (nil, let after?, let now?):
                guard self.edited(after, now).isEmpty else { return nil }
                result.rows[row] = nil
            case (let before?, nil, nil): result.rows[row] = self.restored(before, row)
            case (.some, nil, .some): return nil
            case (let before?, let after?, let now):
                let columns = Self.differences(before, after).filter { cell == nil || $0 == cell }
                guard !columns.isEmpty else { continue }
                guard let now, let reverted = self.reverted(columns, before, after, now) else { return nil }
                result.rows[row] = reverted
            }
        }
        return result.isConsistent ? result : nil
    }

    /// The state after taking back everything after a revision: what was visible is visible again.
    func revertingEverything(after revision: Int64) -> RuledState {
        var result = RuledState()
        for (key, then) in self[revision].rows {
            guard let now = self.now.rows[key] else {
                result.rows[key] = self.restored(then, key)
                continue
            }
            result.rows[key] = Self.keepingVisible(then, told: now.told, isMissing: now.isMissing)
        }
        return result
    }

    /// Columns in which a person has written since: what a provider says is kept beside the cell and cannot be lost.
    private func edited(_ after: RuledRow, _ now: RuledRow) -> Set<String> {
        Self.differences(after, now).filter { column in
            let isOnlyTold =
                RuledRow.discoverable.contains(column) && now.told != nil && !after.pinned.contains(column)
                && !now.pinned.contains(column)
            return !isOnlyTold
        }
    }

    private func reverted(
        _ columns: Set<String>,
        _ before: RuledRow,
        _ after: RuledRow,
        _ now: RuledRow
    ) -> RuledRow? {
        let edited = self.edited(after, now)
        var row = now
        for column in columns {
            row.pinned.remove(column)
            if before.pinned.contains(column) {
                row.cells[column] = before.cells[column]
                row.pinned.insert(column)
            } else if after.pinned.contains(column) {
                row.cells[column] = now.told.map { $0[column] } ?? before.cells[column]
            } else {
                row.cells[column] = before.cells[column]
                // A refresh had changed it; pinned, unless the provider says the old value again.
                let isDiscoverable = now.told != nil && RuledRow.discoverable.contains(column)
                if isDiscoverable, now.told?[column] != before.cells[column] { row.pinned.insert(column) }
            }
            let isThere =
                row.cells[column] == now.cells[column] && row.pinned.contains(column) == now.pinned.contains(column)
            guard isThere || !edited.contains(column) else { return nil }
        }
        return row
    }

    /// A deleted row as it was at some time, with what the provider had said until it went.
    private func restored(_ then: RuledRow, _ key: RowKey) -> RuledRow {
        let last = self.states.last { $0.rows[key] != nil }?.rows[key]
        return Self.keepingVisible(then, told: last?.told, isMissing: last?.isMissing ?? false)
    }

    private static func keepingVisible(_ then: RuledRow, told: [String: String]?, isMissing: Bool) -> RuledRow {
        var row = then
        row.told = told
        row.isMissing = isMissing
        guard let told else { return row }
        for column in RuledRow.discoverable where told[column] != row.cells[column] { row.pinned.insert(column) }
        return row
    }
}
