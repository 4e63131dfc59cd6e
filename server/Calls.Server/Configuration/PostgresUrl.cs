using Npgsql;

namespace Calls.Server.Configuration;

/// <summary>A PostgreSQL database as operators write it: <c>postgres://user:password@host:port/database?sslmode=require</c>.</summary>
/// <remarks>Never shows the password: <see cref="ConnectionString"/> is for the driver only.</remarks>
internal sealed class PostgresUrl
{
    /// <summary>What is expected, for the text of a fault.</summary>
    public const string Expected = "sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE is expected";

    private const int DefaultPort = 5432;
    private const int DefaultOpenConnections = 20;

    // A lock waits 10 s at most; a statement that takes longer than this is lost.
    private const int StatementLimitSeconds = 15;
    private const int ConnectLimitSeconds = 5;
    private const int KeepAliveSeconds = 30;

    private readonly NpgsqlConnectionStringBuilder _driver;

    private PostgresUrl(NpgsqlConnectionStringBuilder driver) => _driver = driver;

    /// <summary>Host and port, or the folder of the socket.</summary>
    public string Server => _driver.Host!.StartsWith('/') ? _driver.Host : $"{_driver.Host}:{_driver.Port}";

    public string User => _driver.Username!;

    public string Database => _driver.Database!;

    /// <summary>For the driver; holds the password.</summary>
    public string ConnectionString => _driver.ConnectionString;

    /// <summary>The same database with other limits of the pool.</summary>
    public PostgresUrl WithPool(int? open, int? idle)
    {
        NpgsqlConnectionStringBuilder driver = new(ConnectionString);
        driver.MaxPoolSize = open ?? driver.MaxPoolSize;
        driver.MinPoolSize = Math.Min(idle ?? driver.MinPoolSize, driver.MaxPoolSize);
        return new PostgresUrl(driver);
    }

    public override string ToString() => $"PostgreSQL at {Server}, database {Database}";

    /// <param name="fault">What is wrong, without the password.</param>
    public static bool TryParse(string text, out PostgresUrl? url, out string fault)
    {
        (url, fault) = (null, Expected);
        if (SplitScheme(text) is not { } rest)
        {
            return false;
        }

        (string address, string query) = Cut(rest, '?');
        (string authority, string database) = Cut(address, '/');
        int at = authority.LastIndexOf('@');
        (string user, string password) = at < 0 ? ("", "") : Cut(authority[..at], ':');
        NpgsqlConnectionStringBuilder driver = new()
        {
            Host = "localhost",
            Port = DefaultPort,
            Username = Decode(user),
            Password = password.Length == 0 ? null : Decode(password),
            Database = Decode(database),
            ApplicationName = "calls",
            MaxPoolSize = DefaultOpenConnections,
            Timeout = ConnectLimitSeconds,
            CommandTimeout = StatementLimitSeconds,
            KeepAlive = KeepAliveSeconds,

            // Nothing is set for longer than a transaction, so nothing has to be reset.
            NoResetOnClose = true,
        };
        if (ReadServer(driver, authority[(at + 1)..]) is { } wrongServer)
        {
            fault = wrongServer;
            return false;
        }

        foreach (string pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            (string key, string value) = Cut(pair, '=');
            if (ReadParameter(driver, key, Decode(value)) is { } wrong)
            {
                fault = wrong;
                return false;
            }
        }

        if (driver.Username is not { Length: > 0 } || driver.Database is not { Length: > 0 })
        {
            fault = "a user and a database are expected: " + Expected;
            return false;
        }

        url = new PostgresUrl(driver);
        return true;
    }

    private static string? SplitScheme(string text)
    {
        foreach (string scheme in (string[])["postgres://", "postgresql://"])
        {
            if (text.StartsWith(scheme, StringComparison.Ordinal))
            {
                return text[scheme.Length..];
            }
        }

        return null;
    }

    private static string? ReadServer(NpgsqlConnectionStringBuilder driver, string server)
    {
        int colon = server.LastIndexOf(':');
        bool hasPort = colon >= 0 && colon > server.LastIndexOf(']');
        if (hasPort)
        {
            if (!ushort.TryParse(server[(colon + 1)..], out ushort port) || port == 0)
            {
                return "a port from 1 to 65535 is expected after the host";
            }

            driver.Port = port;
            server = server[..colon];
        }

        if (server.Length > 0)
        {
            driver.Host = Decode(server.Trim('[', ']'));
        }

        return null;
    }

    // The names of libpq, as far as they concern more than its own files.
    private static string? ReadParameter(NpgsqlConnectionStringBuilder driver, string key, string value)
    {
        switch (key)
        {
            case "sslmode":
                if (SslModeOf(value) is not { } mode)
                {
                    return "sslmode is disable, allow, prefer, require, verify-ca or verify-full";
                }

                driver.SslMode = mode;
                return null;
            case "sslrootcert":
                driver.RootCertificate = value;
                return null;
            case "sslcert":
                driver.SslCertificate = value;
                return null;
            case "sslkey":
                driver.SslKey = value;
                return null;
            case "host":
                driver.Host = value;
                return null;
            case "application_name":
                driver.ApplicationName = value;
                return null;
            case "connect_timeout" when ushort.TryParse(value, out ushort seconds):
                driver.Timeout = seconds;
                return null;
            case "search_path":
                driver.SearchPath = value;
                return null;

            // Of Mattermost's own data source; of no meaning to us.
            case "binary_parameters":
                return null;
            default:
                return "of the parameters after ? are known: sslmode, sslrootcert, sslcert, sslkey, host, application_name, connect_timeout, search_path";
        }
    }

    private static SslMode? SslModeOf(string text) => text switch
    {
        "disable" => SslMode.Disable,
        "allow" => SslMode.Allow,
        "prefer" => SslMode.Prefer,
        "require" => SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => null,
    };

    private static (string Before, string After) Cut(string text, char at)
    {
        int index = text.IndexOf(at, StringComparison.Ordinal);
        return index < 0 ? (text, "") : (text[..index], text[(index + 1)..]);
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text);
}
