using Calls.Domain.Ports;
using Microsoft.Data.Sqlite;

namespace Calls.Server.Persistence;

/// <summary>Turns what SQLite throws into what the port promises.</summary>
internal static class SqliteFailure
{
    private const int Busy = 5;

    public static T Wrap<T>(StoreOperation operation, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode == Busy)
        {
            throw new CallLockException(failure);
        }
        catch (SqliteException failure)
        {
            throw new CallStoreException(operation, failure.Message, failure);
        }
    }
}
