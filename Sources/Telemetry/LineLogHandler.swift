package import Logging

/// Turns events into lines of an output. A value, as swift-log asks; what loggers share is in ``LogOutput``.
package struct LineLogHandler: LogHandler {
    /// Fields that every line of this logger carries.
    package var metadata: Logger.Metadata = [:]
    /// Fields that depend on the task, such as a request's id.
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let output: LogOutput
    /// Set only where one logger shall differ from all others.
    private var ownLevel: Logger.Level?

    /// - Parameters:
    ///   - label: Which part of the program speaks.
    ///   - output: Where the lines go.
    package init(label: String, output: LogOutput) {
        self.label = label
        self.output = output
    }

    /// From which level on events become lines: the output's, so that changing it there changes every logger.
    package var logLevel: Logger.Level {
        get { self.ownLevel ?? self.output.level }
        set { self.ownLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = self.metadata
        if let provided = self.metadataProvider?.get() { fields.merge(provided) { _, newer in newer } }
        if let given = event.metadata { fields.merge(given) { _, newer in newer } }
        if let error = event.error { fields["error"] = "\(error)" }
        self.output.write(
            LogLine(level: event.level, label: self.label, message: event.message.description, fields: fields)
        )
    }
}
