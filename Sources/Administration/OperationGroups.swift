package import HTTP

extension Operation.Group {
    /// Whether the replica lives and may be sent traffic.
    package static let health = Self("Health", "Whether a replica lives and may be sent traffic.")
    /// What may be asked for.
    package static let models = Self("Models", "The models that requests may name, in the shape of OpenAI's API.")
    /// Bringing the registry up to date.
    package static let refresh = Self("Refresh", "Brings the registry up to what providers list.")
    /// Client keys.
    package static let keys = Self("Keys", "Client keys: who may call.")
    /// The rows that people edit.
    package static let registry = Self("Registry", "The rows of the registry: read, edit, look back, undo.")
}
