using Calls.Domain.Ports;
using Calls.Server.Persistence;
using Calls.Server.Tests.Persistence.Testing;

namespace Calls.Server.Tests.Persistence;

public sealed class PostgresServiceCredentialStoreTests : ServiceCredentialStoreContract, IAsyncLifetime
{
    private PostgresDatabase _database = null!;
    private IServiceCredentialStore _credentials = null!;

    protected override IServiceCredentialStore Credentials => _credentials;

    public async Task InitializeAsync()
    {
        _database = new PostgresDatabase(PostgresServer.Parse(await (await PostgresServer.Shared).CreateDatabaseAsync()));
        await _database.MigrateAsync(default);
        _credentials = new SqlServiceCredentialStore(_database);
    }

    public Task DisposeAsync()
    {
        _database.Dispose();
        return Task.CompletedTask;
    }
}
