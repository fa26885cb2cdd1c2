package import Logging

/// How log lines look.
package enum LogFormat: String, Sendable, Hashable, CaseIterable {
    /// ``text`` on a terminal, ``json`` elsewhere.
    case auto
    /// One JSON object a line, for machines.
    case json
    /// One readable line each, for people.
    case text

    /// The format for a place to write to.
    func resolved(isTerminal: Bool) -> LogFormat {
        switch self {
        case .auto: isTerminal ? .text : .json
        case .json, .text: self
        }
    }
}

extension Logger {
    /// A logger that writes lines to an output.
    ///
    /// - Parameters:
    ///   - label: Which part of the program speaks.
    ///   - output: Where the lines go; its level and format hold for every logger made with it.
    package init(label: String, output: LogOutput) {
        self.init(label: label, factory: { LineLogHandler(label: $0, output: output) })
    }
}
