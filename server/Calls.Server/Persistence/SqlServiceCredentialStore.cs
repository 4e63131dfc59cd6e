using Calls.Domain;
using Calls.Domain.Ports;
using Dapper;

namespace Calls.Server.Persistence;

/// <summary>Credentials for other services in the database.</summary>
internal sealed class SqlServiceCredentialStore(ICallsDatabase database) : IServiceCredentialStore
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
        try
        {
            await using WriteTransaction write = await database.BeginWriteAsync(LockKey.OfService(service), CallDirectory.LockLimit, cancellation);
            ServiceCredentials? stored = await write.Connection.QueryFirstOrDefaultAsync<ServiceCredentials>(
                new CommandDefinition(Find, new { service }, write.Transaction, cancellationToken: cancellation));
            ServiceCredentials chosen = choose(stored);
            if (chosen != stored)
            {
                await write.Connection.ExecuteAsync(new CommandDefinition(
                    Put, new { Service = service, chosen.Url, chosen.ClientId, chosen.AuthKey }, write.Transaction, cancellationToken: cancellation));
                await write.Transaction.CommitAsync(cancellation);
            }

            return chosen;
        }
        catch (Exception failure) when (database.Translate(StoreOperation.Credentials, failure) is { } translated)
        {
            throw translated;
        }
    }
}
