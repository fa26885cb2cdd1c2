import NIOHTTP1

/// One provider as it looks from outside: where it is reached, what it lists, how it answers and refuses.
///
/// One file each, no I/O inside, and one line in ``SimulatedProviders``.
protocol SimulatedProvider: Sendable {
    /// The provider's short name, which is also the name of its folder of recordings.
    var slug: String { get }

    /// The hosts under which it is reached.
    var hosts: [String] { get }

    /// The list of models written for this project, in the provider's documented shape.
    var catalogue: [UInt8] { get }

    /// Where lists keep their rows: first as the catalogue does, then as the provider's other lists do.
    var layouts: [ListLayout] { get }

    /// How the file names of recorded lists begin; empty for a provider that has none.
    var recordingPrefixes: [String] { get }

    /// How its chat answers are written.
    var dialect: ChatDialect { get }

    /// Answers a call.
    ///
    /// - Parameter call: the request, the list in force, and what the answer may draw on.
    /// - Returns: the answer.
    /// - Throws: a ``Refusal``, which ``body(for:path:)`` puts into the provider's words.
    func answer(_ call: Call) throws(Refusal) -> Answer

    /// The body of a refusal, in the provider's own shape.
    func body(for refusal: Refusal, path: String) -> [UInt8]

    /// The status of a refusal, where the provider's is not the usual one.
    func status(of refusal: Refusal, path: String) -> Int

    /// Where a model stands in a list, by whichever of its names a request uses; nil where it is unknown.
    func place(of model: String, in list: ModelList) -> Int?

    /// The events that end a stream with an error, each a whole server-sent event.
    func streamError(path: String) -> [[UInt8]]
}

extension SimulatedProvider {
    var layouts: [ListLayout] { [.openAI] }

    var recordingPrefixes: [String] { ["models-"] }

    func place(of model: String, in list: ModelList) -> Int? { list.place(of: model) }

    func status(of refusal: Refusal, path: String) -> Int { refusal.status }

    func streamError(path: String) -> [[UInt8]] {
        let refusal = Refusal(.serverError, "The server had an error while processing your request.")
        return [Array("data: ".utf8) + self.body(for: refusal, path: path).filter { $0 != 0x0A } + Array("\n\n".utf8)]
    }
}

/// A call refused, before the provider has put it into its own words.
struct Refusal: Error, Sendable, Hashable {
    /// What kind of refusal it is; it fixes the status, and the words where a provider has its own.
    enum Reason: Sendable, Hashable {
        case missingKey
        case invalidKey
        case forbidden
        case unknownModel(String)
        case unknownPath
        case wrongMethod
        case badRequest
        case tooLarge
        case rateLimited
        case serverError
        case overloaded
    }

    let reason: Reason

    /// The words for a reason that has none of the provider's own.
    let message: String

    /// The status where it is not the usual one of the reason.
    let status: Int

    /// Whether it was asked for, rather than deserved.
    let isSimulated: Bool

    init(_ reason: Reason, _ message: String = "", status: Int? = nil) {
        self.reason = reason
        self.message = message
        self.status = status ?? Self.status(of: reason)
        self.isSimulated = false
    }

    private init(simulated reason: Reason, _ message: String, status: Int) {
        self.reason = reason
        self.message = message
        self.status = status
        self.isSimulated = true
    }

    /// The refusal that a status stands for, for one that is asked for by its number.
    init(simulatedStatus status: Int) {
        let words = "Simulated: \(HTTPResponseStatus(statusCode: status).reasonPhrase)."
        let reason: Reason =
            switch status {
            case 401: .invalidKey
            case 403: .forbidden
            case 404: .unknownPath
            case 405: .wrongMethod
            case 413: .tooLarge
            case 429: .rateLimited
            case 400..<500: .badRequest
            case 503, 529: .overloaded
            default: .serverError
            }
        self.init(simulated: reason, words, status: status)
    }

    private static func status(of reason: Reason) -> Int {
        switch reason {
        case .missingKey, .invalidKey: 401
        case .forbidden: 403
        case .unknownModel, .unknownPath: 404
        case .wrongMethod: 405
        case .badRequest: 400
        case .tooLarge: 413
        case .rateLimited: 429
        case .serverError: 500
        case .overloaded: 503
        }
    }
}
