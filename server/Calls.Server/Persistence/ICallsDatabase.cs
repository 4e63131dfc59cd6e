using System.Data.Common;
using Calls.Domain.Ports;

namespace Calls.Server.Persistence;

/// <summary>Where the rows are: a SQLite file, or PostgreSQL. The SQL of the stores is the same for both; what differs is here.</summary>
internal interface ICallsDatabase : IDisposable
{
    /// <summary>SQL that follows the first write of a transaction and tells its id; empty if a commit can have no unknown outcome.</summary>
    string TransactionIdSql { get; }

    /// <summary>An open connection; dispose it to give it back.</summary>
    Task<DbConnection> OpenAsync(CancellationToken cancellation);

    /// <summary>A transaction whose queries all see one state.</summary>
    Task<DbTransaction> BeginReadAsync(DbConnection connection, CancellationToken cancellation);

    /// <summary>A transaction that has something for itself, such as the call of a channel (modes.md 14).</summary>
    /// <exception cref="CallLockException">The lock was not free within <paramref name="limit"/>.</exception>
    Task<WriteTransaction> BeginWriteAsync(LockKey key, TimeSpan limit, CancellationToken cancellation);

    /// <summary>One or more statements that need no lock of a call and succeed together.</summary>
    Task ExecuteAsync(string sql, object? parameters, CancellationToken cancellation);

    /// <summary>Whether the transaction of that id was committed; <c>null</c> while nobody knows.</summary>
    Task<bool?> AskOutcomeAsync(string transactionId, CancellationToken cancellation);

    /// <summary>What the ports promise for what the driver threw; <c>null</c> for what is no failure of the database.</summary>
    Exception? Translate(StoreOperation operation, Exception failure);

    /// <summary>How long to wait before the attempt after this failure, or <c>null</c> if repeating cannot help.</summary>
    /// <param name="attempt">How many have failed, from 1.</param>
    TimeSpan? DelayAfter(Exception failure, int attempt);

    /// <summary>A sentence for the operator: why the database cannot be used, and what to do. Without any secret.</summary>
    string Explain(Exception failure);

    /// <summary>Brings the database to the shape this version needs, all or nothing, while nobody else does.</summary>
    /// <returns>What was applied, in order.</returns>
    Task<IReadOnlyList<Migration>> MigrateAsync(CancellationToken cancellation);

    /// <summary>SQL for the number of elements of a JSON array column, 0 if it is none.</summary>
    string JsonLength(string column);

    /// <summary>SQL for a number in a JSON object column, 0 without it.</summary>
    string JsonNumber(string column, string key);

    /// <summary>SQL for whether a JSON object column has <c>true</c> under a key.</summary>
    string JsonFlag(string column, string key);
}
