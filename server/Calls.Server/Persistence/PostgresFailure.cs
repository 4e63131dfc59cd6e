using System.Net.Sockets;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Npgsql;

namespace Calls.Server.Persistence;

/// <summary>Turns what PostgreSQL and its driver throw into what the port promises, and into a sentence for the operator.</summary>
internal static class PostgresFailure
{
    private const string IdleInTransaction = "25P03";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    public static Exception? Translate(StoreOperation operation, Exception failure) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable } => new CallLockException(failure),
        PostgresException known => new CallStoreException(operation, known.MessageText, failure, isUnavailable: IsPassing(known)),
        NpgsqlException or SocketException or TimeoutException or IOException =>
            new CallStoreException(operation, "the database does not answer", failure, isUnavailable: true),

        // What the driver says of a transaction whose connection broke before.
        ObjectDisposedException or InvalidOperationException { Source: "Npgsql" } =>
            new CallStoreException(operation, "the connection to the database was lost", failure, isUnavailable: true),
        _ => null,
    };

    /// <summary>Another attempt, on another connection, may succeed: the connection was lost, or others were in the way.</summary>
    public static bool IsPassing(Exception failure) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable } => false,
        PostgresException known => known.IsTransient || known.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
            or PostgresErrorCodes.CannotConnectNow or IdleInTransaction,
        NpgsqlException or SocketException or IOException => failure.InnerException is not TimeoutException,
        _ => false,
    };

    public static bool IsStartingUp(Exception failure) => failure is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow };

    /// <summary>Twice as long from attempt to attempt; half of it is chance, so that those who failed together do not come back together.</summary>
    /// <param name="attempt">How many have failed, from 1. After the first there is no pause: a pooled connection may only have been old.</param>
    public static TimeSpan BackOff(int attempt)
    {
        if (attempt <= 1)
        {
            return TimeSpan.Zero;
        }

        TimeSpan longest = FirstPause * Math.Pow(2, Math.Min(attempt - 2, 10));
        return (longest < LongestPause ? longest : LongestPause) * (0.5 + (Random.Shared.NextDouble() / 2));
    }

    /// <summary>Why the database cannot be used, and what to do (https://www.postgresql.org/docs/current/errcodes-appendix.html).</summary>
    public static string Explain(Exception failure, PostgresUrl url) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword } =>
            $"PostgreSQL at {url.Server} refuses the password of user {url.User}; correct DatabaseURL.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidAuthorizationSpecification } refused =>
            $"PostgreSQL at {url.Server} refuses user {url.User} ({refused.MessageText}); correct DatabaseURL or the server's pg_hba.conf.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } =>
            $"PostgreSQL at {url.Server} has no database {url.Database}; create it (createdb -O {url.User} {url.Database}) or correct DatabaseURL.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused =>
            $"User {url.User} may not make or change tables in the database {url.Database} ({refused.MessageText}); make that user the owner of the database.",
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } =>
            $"PostgreSQL at {url.Server} has no connection left; raise its max_connections or lower MaxOpenConns.",
        PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow } =>
            $"PostgreSQL at {url.Server} is starting up or shutting down; try again.",
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } =>
            $"PostgreSQL at {url.Server} takes no writes (a standby?); give the primary as DatabaseURL.",
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } =>
            $"PostgreSQL at {url.Server} has no room on its disk.",
        PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable } =>
            $"The tables of the database {url.Database} are in use and could not be changed; try again.",
        PostgresException known =>
            $"The database {url.Database} of PostgreSQL at {url.Server} cannot be used ({known.SqlState}: {known.MessageText}).",
        _ when Find<SocketException>(failure) is { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            $"The host of PostgreSQL, {url.Server}, is not known; correct DatabaseURL.",
        _ when Find<System.Security.Authentication.AuthenticationException>(failure) is { } tls =>
            $"PostgreSQL at {url.Server} and this host agree on no TLS connection ({tls.Message}); correct sslmode or sslrootcert in DatabaseURL.",
        _ when Find<SocketException>(failure) is not null || Find<TimeoutException>(failure) is not null =>
            $"PostgreSQL at {url.Server} does not answer; start it or correct DatabaseURL.",
        _ => $"PostgreSQL at {url.Server} cannot be used ({failure.Message}); correct DatabaseURL.",
    };

    private static T? Find<T>(Exception failure)
        where T : Exception
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is T found)
            {
                return found;
            }
        }

        return null;
    }
}
