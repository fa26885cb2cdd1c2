import JSON

/// The answer to `POST …/embeddings`: unit vectors made from the text alone, the same for the same text and model.
enum Embeddings {
    /// The most inputs of one request, as at OpenAI.
    static let mostInputs = 2048

    /// The longest vector.
    static let mostDimensions = 4096

    /// Answers a call.
    ///
    /// - Parameters:
    ///   - call: the request.
    ///   - provider: whose models it asks for.
    /// - Returns: one vector for each input.
    /// - Throws: a ``Refusal`` for an unknown model or a body that is no embeddings request.
    static func answer(_ call: Call, as provider: some SimulatedProvider) throws(Refusal) -> Answer {
        let body = try call.requireBody()
        let model = try call.requireModel(body, of: provider)
        let inputs = try Self.inputs(body)
        let dimensions = body.integer("dimensions") ?? (model.contains("large") ? 3072 : 1536)
        guard (1...Self.mostDimensions).contains(dimensions) else {
            throw Refusal(.badRequest, "'dimensions' is between 1 and \(Self.mostDimensions).")
        }
        let isBase64 = body.value("encoding_format")?.stringValue == "base64"
        var writer = JSONWriter()
        writer.write(raw: "{\"object\":\"list\",\"data\":[".utf8)
        var tokens = 0
        for (index, input) in inputs.enumerated() {
            let vector = Self.vector(of: input, model: model, dimensions: dimensions)
            let start = "\(index > 0 ? "," : ""){\"object\":\"embedding\",\"index\":\(index),\"embedding\":"
            writer.write(raw: start.utf8)
            writer.write(raw: Self.spelled(vector, isBase64: isBase64).utf8)
            writer.write(raw: "}".utf8)
            tokens += 1 + input.count / 4
        }
        writer.write(raw: "],\"model\":".utf8)
        writer.write(model)
        writer.write(raw: ",\"usage\":{\"prompt_tokens\":\(tokens),\"total_tokens\":\(tokens)}}".utf8)
        return Answer(headers: provider.dialect.headers("embd"), .whole(writer.bytes))
    }

    /// The bytes that stand for each input: a text, or tokens.
    private static func inputs(_ body: RequestBody) throws(Refusal) -> [[UInt8]] {
        let value = body.value("input")
        let inputs: [JSONValue]
        switch value {
        case .string: inputs = [value ?? .null]
        case .array(let elements):
            let isTokens = !elements.isEmpty && elements.allSatisfy { $0.int64Value != nil }
            inputs = isTokens ? [.array(elements)] : elements
        case .null, .bool, .number, .object, nil:
            throw Refusal(.badRequest, "'$.input' is invalid: a text, a list of texts or tokens is expected.")
        }
        guard !inputs.isEmpty, inputs.count <= Self.mostInputs else {
            throw Refusal(.badRequest, "'$.input' has between 1 and \(Self.mostInputs) entries.")
        }
        return inputs.map { $0.serialized() }
    }

    private static func vector(of input: [UInt8], model: String, dimensions: Int) -> [Float] {
        // FNV-1a, which is enough to tell texts apart.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in model.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for byte in input { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var generator = SplitMix(seed: hash)
        var vector = (0..<dimensions).map { _ in Float(generator.unit() * 2 - 1) }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { return vector }
        for place in vector.indices { vector[place] /= length }
        return vector
    }

    private static func spelled(_ vector: [Float], isBase64: Bool) -> String {
        guard isBase64 else { return "[\(vector.map(\.description).joined(separator: ","))]" }
        let bytes = vector.flatMap { number in
            let bits = number.bitPattern
            return [UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8)]
                + [UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 24)]
        }
        return "\"\(Base64.encoded(bytes))\""
    }
}
