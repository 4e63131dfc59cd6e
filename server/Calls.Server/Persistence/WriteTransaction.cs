using System.Data.Common;

namespace Calls.Server.Persistence;

/// <summary>A transaction that has something for itself, with the connection it runs on. Disposing undoes what was not committed.</summary>
internal sealed class WriteTransaction(DbConnection connection, DbTransaction transaction, Action? release = null) : IAsyncDisposable
{
    public DbConnection Connection => connection;

    public DbTransaction Transaction => transaction;

    public async ValueTask DisposeAsync()
    {
        try
        {
            await transaction.DisposeAsync();
        }
        catch (Exception lost) when (lost is DbException or IOException or InvalidOperationException)
        {
            // Without its connection the server undoes the transaction by itself.
        }
        finally
        {
            await connection.DisposeAsync();
            release?.Invoke();
        }
    }
}
