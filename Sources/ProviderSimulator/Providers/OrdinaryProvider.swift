import JSON
import NIOHTTP1

/// A provider that differs from others in where things are and how they are written, not in what it does. Each one is a
/// value in a file of its own.
struct OrdinaryProvider: SimulatedProvider {
    let slug: String
    let hosts: [String]
    let catalogue: [UInt8]
    var recordingPrefixes = ["models-"]

    /// Its lists; the first one is that of the catalogue.
    let lists: [SimulatedList]

    /// What stands before `/chat/completions`; nil for a provider without chats.
    let base: String?

    /// The scheme of its `Authorization`.
    var scheme = "bearer"

    /// Whether inference needs no key, as on hardware of one's own.
    var isOpen = false

    var dialect = ChatDialect()

    /// Puts a refusal into the provider's words.
    var refusal: @Sendable (Refusal, _ path: String) -> [UInt8] = { OpenAIShape.error($0, path: $1) }

    /// Answers what no other provider has; nil for anything else.
    var others: @Sendable (Call) throws(Refusal) -> Answer? = { _ in nil }

    var layouts: [ListLayout] {
        var layouts: [ListLayout] = []
        for layout in self.lists.flatMap({ [$0.layout] + $0.otherLayouts }) where !layouts.contains(layout) {
            layouts.append(layout)
        }
        return layouts
    }

    func answer(_ call: Call) throws(Refusal) -> Answer {
        if let list = self.lists.first(where: { $0.isAsked(by: call) }) {
            guard call.method == .GET else { throw Refusal(.wrongMethod) }
            if list.needsKey { try call.require(call.key(scheme: self.scheme)) }
            return try list.answer(call)
        }
        if let answer = try self.others(call) { return answer }
        if !self.isOpen { try call.require(call.key(scheme: self.scheme)) }
        guard let base = self.base else { throw Refusal(.unknownPath) }
        return try OpenAIShape.answer(call, under: base, as: self)
    }

    func body(for refusal: Refusal, path: String) -> [UInt8] { self.refusal(refusal, path) }
}

/// One list of a provider.
struct SimulatedList: Sendable {
    let path: String

    /// The host where the provider has several, for the list that is on this one only.
    var host: String?

    var layout = ListLayout.openAI

    /// Envelopes in which the same rows are recorded, and handed out as they are.
    var otherLayouts: [ListLayout] = []
    var needsKey = true
    var pages = Pages.whole

    /// Makes a row of this list of one of the catalogue's, where the two lists have rows of different kinds; nil for a row that
    /// is not in this one.
    var row: (@Sendable (JSONValue) -> JSONValue?)?

    func isAsked(by call: Call) -> Bool {
        call.path == self.path && (self.host == nil || self.host == call.request.host)
    }

    func answer(_ call: Call) throws(Refusal) -> Answer {
        guard let layout = call.list.layout else { return .json(call.list.bytes) }
        if self.otherLayouts.contains(layout) { return .json(call.list.bytes) }
        if layout != self.layout, self.row == nil { throw Refusal(.unknownPath) }
        let rows = layout == self.layout && self.row == nil ? nil : try self.rows(of: call.list)
        let page = try self.pages.page(of: rows?.count ?? call.list.count, call)
        if rows == nil, page.mayBeWhole, page.rows == 0..<call.list.count { return .json(call.list.bytes) }
        let text = rows.map { Self.text($0[page.rows]) } ?? call.list.rows(page.rows)
        return Answer(headers: page.headers, .whole(self.enveloped(text, page)))
    }

    private func rows(of list: ModelList) throws(Refusal) -> [JSONValue] {
        var rows: [JSONValue] = []
        for place in 0..<list.count {
            do {
                let row = try list.value(place)
                if let made = self.row.map({ $0(row) }) ?? row { rows.append(made) }
            } catch {
                throw Refusal(.serverError, "\(error)")
            }
        }
        return rows
    }

    private static func text(_ rows: ArraySlice<JSONValue>) -> [UInt8] {
        Array(rows.map { $0.serialized() }.joined(separator: [UInt8(ascii: ",")]))
    }

    /// An empty page of Google's is an empty object, as ProtoJSON writes it.
    private func enveloped(_ rows: [UInt8], _ page: Pages.Page) -> [UInt8] {
        if rows.isEmpty, case .token = self.pages { return Array("{}".utf8) }
        let opening = self.layout.rows.map { "{\(JSONValue.string($0).serializedString()):" }.joined()
        let end = String(repeating: "}", count: max(0, self.layout.rows.count - 1))
        let closing = self.layout.rows.isEmpty ? "]" : "]\(end)\(page.members)}"
        return Array((opening + "[").utf8) + rows + Array(closing.utf8)
    }
}

extension Call {
    /// The key of `Authorization: SCHEME …`, whatever the case of the scheme.
    func key(scheme: String) -> String? {
        guard let value = self.request.headers.first(name: "authorization") else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == scheme.lowercased() else { return nil }
        return String(parts[1])
    }
}
