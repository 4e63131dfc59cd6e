using Calls.Server.Configuration;
using Npgsql;

namespace Calls.Server.Tests.Configuration;

public sealed class PostgresUrlTests
{
    [Fact]
    public void Everything_in_a_URL_reaches_the_driver()
    {
        PostgresUrl url = Parse("postgres://calls:p%40ss%2Fw%3Ard@db.example.org:6432/calls%20db?sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=7&application_name=x&search_path=mine");

        NpgsqlConnectionStringBuilder driver = new(url.ConnectionString);
        Assert.Equal(("db.example.org", 6432, "calls", "p@ss/w:rd", "calls db"), (driver.Host, driver.Port, driver.Username, driver.Password, driver.Database));
        Assert.Equal((SslMode.VerifyFull, "/etc/ca.pem", 7, "x", "mine"), (driver.SslMode, driver.RootCertificate, driver.Timeout, driver.ApplicationName, driver.SearchPath));
    }

    [Theory]
    [InlineData("postgres://u@h/d", "h:5432")]
    [InlineData("postgresql://u:p@h:99/d", "h:99")]
    [InlineData("postgres://u:p@[2001:db8::1]:99/d", "2001:db8::1:99")]
    [InlineData("postgres://u:p:with@signs@h/d", "h:5432")]
    [InlineData("postgres://u@/d", "localhost:5432")]
    [InlineData("postgres://u@/d?host=/var/run/postgresql", "/var/run/postgresql")]
    public void The_server_is_named_without_the_password(string text, string server)
    {
        PostgresUrl url = Parse(text);

        Assert.Equal((server, "u", "d"), (url.Server, url.User, url.Database));
        Assert.Equal($"PostgreSQL at {server}, database d", url.ToString());
    }

    [Theory]
    [InlineData("mysql://u:hunter2@h/d", "sqlite:FILE or postgres://")]
    [InlineData("u:hunter2@h/d", "sqlite:FILE or postgres://")]
    [InlineData("postgres://u:hunter2@h:0/d", "a port from 1 to 65535")]
    [InlineData("postgres://u:hunter2@h:x/d", "a port from 1 to 65535")]
    [InlineData("postgres://u:hunter2@h", "a user and a database are expected")]
    [InlineData("postgres://:hunter2@h/d", "a user and a database are expected")]
    [InlineData("postgres://u:hunter2@h/d?sslmode=perhaps", "sslmode is disable, allow, prefer")]
    [InlineData("postgres://u:hunter2@h/d?password=hunter2", "of the parameters after ? are known: sslmode")]
    public void A_fault_says_what_is_expected_and_keeps_the_password(string text, string says)
    {
        Assert.False(PostgresUrl.TryParse(text, out _, out string fault));

        Assert.StartsWith(says, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void The_pool_has_a_limit_that_can_be_set()
    {
        PostgresUrl url = Parse("postgres://u@h/d");

        Assert.Equal((20, 0), PoolOf(url));
        Assert.Equal((30, 5), PoolOf(url.WithPool(open: 30, idle: 5)));
        Assert.Equal((3, 3), PoolOf(url.WithPool(open: 3, idle: 5)));

        static (int Open, int Idle) PoolOf(PostgresUrl url) =>
            new NpgsqlConnectionStringBuilder(url.ConnectionString) is var driver ? (driver.MaxPoolSize, driver.MinPoolSize) : default;
    }

    [Fact]
    public void No_text_breaks_the_parser()
    {
        const int Seed = 20_261;
        var random = new Random(Seed);
        const string Valid = "postgres://u:p%40@[::1]:5432/d?sslmode=require&host=/x";
        for (int i = 0; i < 20_000; i++)
        {
            char[] text = Valid.ToCharArray();
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                text[random.Next(text.Length)] = (char)random.Next(1, 0x180);
            }

            string mutated = new(text[..random.Next(text.Length + 1)]);
            Assert.True(PostgresUrl.TryParse(mutated, out PostgresUrl? url, out string fault) ? url is not null : fault.Length > 0, $"seed {Seed}, input {i}");
        }
    }

    private static PostgresUrl Parse(string text) =>
        PostgresUrl.TryParse(text, out PostgresUrl? url, out string fault) ? url! : throw new InvalidOperationException(fault);
}
