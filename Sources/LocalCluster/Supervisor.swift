/// The shell that stands between this process and a server, so that the server cannot outlive us.
///
/// Its standard input is a pipe whose other end this process holds. Closing that end asks for an orderly stop; the
/// kernel closes it when this process dies in whatever way, SIGKILL included. Both ways lead through the same lines.
enum Supervisor {
    /// Arguments: the stop signal's name, the seconds it has, then the command.
    ///
    /// It prints the server's process id, and exits with the server's status when nothing of it is left: its watcher
    /// dies at once while it still listens, and ends by itself once it is stopping the server. A server may have been
    /// paused (SIGSTOP) with its children, so they are continued before the stop can work. A shell gives `/dev/null` to
    /// what it puts in the background: hence the third descriptor.
    static let server = """
        signal=$1 turns=$(($2 * 20)); shift 2
        exec 3<&0
        "$@" </dev/null >&2 3<&- &
        server=$!
        echo "$server"
        exec >/dev/null
        {
            cd /
            while read -r line <&3; do :; done
            trap '' TERM
            children=$(cat "/proc/$server/task/$server/children")
            kill -s "$signal" "$server"
            kill -s CONT "$server" $children
            while [ "$turns" -gt 0 ] && kill -s 0 "$server"; do
                sleep 0.05
                turns=$((turns - 1))
            done
            kill -s KILL "$server" $children
        } 2>/dev/null &
        watcher=$!
        exec 3<&-
        wait "$server"
        status=$?
        kill "$watcher" 2>/dev/null
        wait "$watcher"
        exit "$status"
        """

    /// Arguments: a throw-away folder, and the file in it that exists as long as its PostgreSQL lives.
    ///
    /// When the pipe is closed it waits, at most 20 seconds, for PostgreSQL to be gone, and removes the folder.
    static let janitor = """
        while read -r line; do :; done
        tenths=200
        while [ "$tenths" -gt 0 ] && [ -e "$2" ]; do
            sleep 0.1
            tenths=$((tenths - 1))
        done
        exec rm -rf "$1"
        """
}
