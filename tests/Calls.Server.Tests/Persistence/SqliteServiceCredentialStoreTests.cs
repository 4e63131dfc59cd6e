using Calls.Domain.Ports;
using Calls.Server.Persistence;

namespace Calls.Server.Tests.Persistence;

public sealed class SqliteServiceCredentialStoreTests : ServiceCredentialStoreContract, IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"calls-{Guid.NewGuid():N}.db");
    private readonly SqliteDatabase _database;

    public SqliteServiceCredentialStoreTests()
    {
        _database = new SqliteDatabase(_path, TimeProvider.System);
        SqliteMigrations.Apply(_database);
        Credentials = new SqlServiceCredentialStore(_database);
    }

    protected override IServiceCredentialStore Credentials { get; }

    public void Dispose()
    {
        _database.Dispose();
        foreach (string suffix in new[] { "", "-wal", "-shm" })
        {
            File.Delete(_path + suffix);
        }
    }
}
