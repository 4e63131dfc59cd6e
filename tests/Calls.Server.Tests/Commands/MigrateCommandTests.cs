using Calls.Server.Tests.Persistence.Testing;

namespace Calls.Server.Tests.Commands;

public sealed class MigrateCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("calls-migrate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_SQLite_file_is_made_and_then_left_alone()
    {
        string first = await MigrateAsync("sqlite:calls.db");

        Assert.StartsWith("applied 000001 create_calls_channels\napplied 000002 create_calls\n", first, StringComparison.Ordinal);
        Assert.EndsWith("\nSQLite file calls.db: up to date\n", first, StringComparison.Ordinal);
        Assert.Equal("SQLite file calls.db: nothing to do\n", await MigrateAsync("sqlite:calls.db"));
    }

    [PostgresFact]
    public async Task A_PostgreSQL_database_is_made_and_then_left_alone()
    {
        string url = await (await PostgresServer.Shared).CreateDatabaseAsync();
        string name = PostgresServer.Parse(url).ToString();

        string first = await MigrateAsync(url);

        Assert.StartsWith("applied 000001 create_calls_channels\napplied 000002 create_calls\n", first, StringComparison.Ordinal);
        Assert.EndsWith($"\n{name}: up to date\n", first, StringComparison.Ordinal);
        Assert.Equal($"{name}: nothing to do\n", await MigrateAsync(url));
    }

    private async Task<string> MigrateAsync(string url)
    {
        await using CallsProcess process = CallsProcess.Start(_folder, new Dictionary<string, string> { ["MM_CALLS_DATABASE_URL"] = url }, "migrate");
        int code = await process.ExitAsync();
        Assert.True(code == 0, process.Errors);
        Assert.Empty(process.Errors);
        return process.Output;
    }
}
