import Hummingbird

/// Where an operation is served: `/api/v1/registry/models/{id}`. A last segment `{name...}` takes all that follows, slashes
/// included.
package struct OperationPath: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    private let text: String

    /// Takes a path over as it is written.
    package init(stringLiteral value: String) {
        self.text = value
    }

    /// As the OpenAPI document has it.
    package var template: String { self.text.replacing("...}", with: "}") }

    /// As the router has it.
    var routerPath: RouterPath {
        guard self.text.hasSuffix("...}"), let slash = self.text.lastIndex(of: "/") else {
            return RouterPath(self.text)
        }
        return RouterPath(self.text[...slash] + "**")
    }

    /// The names of its parameters, in order.
    package var parameterNames: [String] {
        self.template.split(separator: "{").dropFirst().compactMap { part in
            part.split(separator: "}", maxSplits: 1, omittingEmptySubsequences: false).first.map { String($0) }
        }
    }
}
