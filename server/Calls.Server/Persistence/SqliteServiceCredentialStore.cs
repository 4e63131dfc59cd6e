using Calls.Domain;
using Calls.Domain.Ports;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Calls.Server.Persistence;

/// <summary>Credentials for other services in the SQLite file; the process's one writer is the lock.</summary>
internal sealed class SqliteServiceCredentialStore(SqliteDatabase database, TimeProvider time) : IServiceCredentialStore
{
    private const string Find =
        "SELECT url AS Url, client_id AS ClientId, auth_key AS AuthKey FROM calls_service_credentials WHERE service = @service";

    private const string Put = """
        INSERT INTO calls_service_credentials (service, url, client_id, auth_key) VALUES (@Service, @Url, @ClientId, @AuthKey)
        ON CONFLICT (service) DO UPDATE SET url = excluded.url, client_id = excluded.client_id, auth_key = excluded.auth_key
        """;

    public async Task<ServiceCredentials> AgreeAsync(
        string service, Func<ServiceCredentials?, ServiceCredentials> choose, CancellationToken cancellation)
    {
        using IDisposable turn = await database.EnterAsync(CallDirectory.LockLimit, time, cancellation);
        return SqliteFailure.Wrap(StoreOperation.Credentials, () =>
        {
            using SqliteConnection connection = database.Open();
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
            ServiceCredentials? stored = connection.QueryFirstOrDefault<ServiceCredentials>(Find, new { service }, transaction);
            ServiceCredentials chosen = choose(stored);
            if (chosen != stored)
            {
                connection.Execute(Put, new { Service = service, chosen.Url, chosen.ClientId, chosen.AuthKey }, transaction);
                transaction.Commit();
            }

            return chosen;
        });
    }
}
