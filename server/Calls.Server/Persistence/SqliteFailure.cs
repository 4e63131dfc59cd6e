using Calls.Domain.Ports;
using Microsoft.Data.Sqlite;

namespace Calls.Server.Persistence;

/// <summary>Turns what SQLite throws into what the port promises, and into a sentence for the operator.</summary>
internal static class SqliteFailure
{
    private const int Busy = 5;

    /// <summary>Why a file cannot be used as database, and what to do (https://www.sqlite.org/rescode.html).</summary>
    public static string Explain(SqliteException failure, string file) => $"The database {file} " + failure.SqliteErrorCode switch
    {
        Busy => "is in use by another process; stop it or choose another file with DatabaseURL.",
        8 => "may not be written by this user; make the file and its folder writable or correct DatabaseURL.",
        11 => "is damaged; restore it from a backup or choose another file with DatabaseURL.",
        13 => "has no room on its disk; make some or choose another file with DatabaseURL.",
        14 => "cannot be opened: its folder must exist, and this user must be able to write there; correct DatabaseURL.",
        26 => "is not a SQLite database; choose another file with DatabaseURL.",
        _ => $"cannot be used ({failure.Message}); correct DatabaseURL.",
    };

    public static Exception? Translate(StoreOperation operation, Exception failure) => failure switch
    {
        SqliteException { SqliteErrorCode: Busy } => new CallLockException(failure),
        SqliteException => new CallStoreException(operation, failure.Message, failure),
        _ => null,
    };
}
