internal import Secrets

extension Secret {
    /// A password of 192 random bits in characters that need no escaping in a URL, a configuration file or SQL.
    static func randomPassword() -> Secret {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var generator = SystemRandomNumberGenerator()
        return Secret(String((0..<32).compactMap { _ in alphabet.randomElement(using: &generator) }))
    }
}
