import Registry

/// Why a cell of a file cannot be read, in words that may stand in front of a person.
package struct CellRefusal: Error, Sendable, Hashable {
    /// What is wrong and what to write instead.
    package let message: String

    init(_ message: String) {
        self.message = message
    }

    init(_ problem: CellProblem) {
        self.message = problem.message
    }
}
