/// Tags that this program gives and understands; people and providers may add any others.
package enum ModelTag {
    /// It runs on hardware of one's own: its price of 0 is no free tier.
    package static let local = "local"
    /// It cannot be used for chat, whatever its modalities.
    package static let noChat = "no-chat"
    /// It is another name for a model that changes over time.
    package static let alias = "alias"
    /// Its price depends on what a router picks.
    package static let dynamicPricing = "dynamic-pricing"
    /// It is announced to be withdrawn.
    package static let deprecated = "deprecated"
    /// It is offered for trying, and may change or go.
    package static let preview = "preview"
    /// It is offered at no price.
    package static let free = "free"
    /// It completes text but holds no conversation.
    package static let completionOnly = "completion-only"
    /// It is spoken to over a live connection only.
    package static let realtime = "realtime"
    /// It runs at the provider although the program that lists it is local.
    package static let cloud = "cloud"

    /// Whether a model with these columns answers in a chat.
    ///
    /// - Parameters:
    ///   - outputModalities: the column `output_modalities`; empty is unknown.
    ///   - tags: the column `tags`.
    /// - Returns: true or false where that is known, otherwise nil.
    package static func canChat(outputModalities: [String], tags: [String]) -> Bool? {
        if tags.contains(self.noChat) { return false }
        return outputModalities.isEmpty ? nil : outputModalities.contains("text")
    }
}
