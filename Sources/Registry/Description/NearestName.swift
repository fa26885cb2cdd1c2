/// Finds the name that somebody probably meant.
package enum NearestName {
    /// The candidate with the fewest slips of the keyboard between it and a name; the first of several.
    ///
    /// - Parameters:
    ///   - name: What somebody typed.
    ///   - candidates: What they may have meant.
    /// - Returns: The nearest candidate; `nil` if there are none.
    package static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        candidates.min { self.distance(name, $0) < self.distance(name, $1) }
    }

    /// Letters left out, put in, replaced, or swapped with their neighbour (optimal string alignment).
    package static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.lowercased().utf8)
        let right = Array(right.lowercased().utf8)
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for i in 1...left.count {
            var current = [i] + [Int](repeating: 0, count: right.count)
            for j in 1...right.count {
                let isSame = left[i - 1] == right[j - 1]
                current[j] = min(last[j] + 1, current[j - 1] + 1, last[j - 1] + (isSame ? 0 : 1))
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    current[j] = min(current[j], beforeLast[j - 2] + 1)
                }
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
