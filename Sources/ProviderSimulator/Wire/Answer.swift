/// What a provider answers, before the wire.
struct Answer: Sendable {
    var status: Int
    var contentType: String
    var headers: [(name: String, value: String)]
    var body: Body

    enum Body: Sendable {
        case whole([UInt8])
        case stream(EventStream)
    }

    init(
        status: Int = 200,
        contentType: String = "application/json",
        headers: [(name: String, value: String)] = [],
        _ body: Body
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    static func json(_ bytes: [UInt8], status: Int = 200) -> Answer {
        Answer(status: status, .whole(bytes))
    }

    static func json(_ text: String, status: Int = 200) -> Answer {
        Answer(status: status, .whole(Array(text.utf8)))
    }
}

/// The events of a stream, each rendered when it is its turn.
///
/// A stream opens and closes with events that are ready; between them stand those that carry text, which are all alike but
/// for the text. Each event is a whole server-sent event, with the empty line that ends it.
struct EventStream: Sendable {
    let opening: [[UInt8]]
    let text: AnswerText
    /// What stands before and after the text in an event.
    let frame: (before: [UInt8], after: [UInt8])
    private(set) var closing: [[UInt8]]
    /// Events whose bytes are others than they should be.
    private var substitutes: [Int: [UInt8]] = [:]
    private(set) var count: Int

    init(opening: [[UInt8]], text: AnswerText, frame: (before: [UInt8], after: [UInt8]), closing: [[UInt8]]) {
        self.opening = opening
        self.text = text
        self.frame = frame
        self.closing = closing
        self.count = opening.count + text.count + closing.count
    }

    /// An event, in up to three parts.
    subscript(_ place: Int) -> (ArraySlice<UInt8>, ArraySlice<UInt8>, ArraySlice<UInt8>) {
        if let substitute = self.substitutes[place] { return (substitute[...], [], []) }
        if place < self.opening.count { return (self.opening[place][...], [], []) }
        let piece = place - self.opening.count
        if piece < self.text.count { return (self.frame.before[...], self.text[piece], self.frame.after[...]) }
        return (self.closing[piece - self.text.count][...], [], [])
    }

    /// Puts other bytes in the place of an event.
    mutating func substitute(_ place: Int, by bytes: [UInt8]) {
        self.substitutes[place] = bytes
    }

    /// Ends the stream after some events with others.
    mutating func end(after place: Int, with events: [[UInt8]]) {
        for (offset, event) in events.enumerated() { self.substitutes[place + offset] = event }
        self.count = place + events.count
    }
}
