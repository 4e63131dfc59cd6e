using System.Globalization;
using System.Net;
using System.Text;

namespace Calls.Server.Mattermost.Relay;

/// <summary>The query of an upgrade: ours to rewrite are <c>connection_id</c> and <c>sequence_number</c> only (mattermost-integration.md 3.2, 3.6).</summary>
internal sealed class ResumeQuery
{
    private const string ConnectionName = "connection_id";
    private const string SequenceName = "sequence_number";

    private readonly List<(string Name, string Raw)> _pairs = [];

    private ResumeQuery()
    {
    }

    /// <summary>What the client wants to resume; empty for nothing.</summary>
    public string Connection { get; private set; } = "";

    /// <summary>The number the client expects next, or -1 if it does not say one.</summary>
    public long Next { get; private set; } = -1;

    /// <param name="query">As received, with or without the question mark.</param>
    public static ResumeQuery Parse(string query)
    {
        var parsed = new ResumeQuery();
        bool hasConnection = false;
        bool hasSequence = false;
        foreach (string raw in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = raw.IndexOf('=', StringComparison.Ordinal);
            string name = WebUtility.UrlDecode(equals < 0 ? raw : raw[..equals]);
            string value = equals < 0 ? "" : WebUtility.UrlDecode(raw[(equals + 1)..]);

            // Mattermost takes the first of equal names. Later ones would only invite a different reading.
            if (name == ConnectionName)
            {
                if (hasConnection)
                {
                    continue;
                }

                hasConnection = true;
                parsed.Connection = value;
            }
            else if (name == SequenceName)
            {
                if (hasSequence)
                {
                    continue;
                }

                hasSequence = true;
                parsed.Next = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long next) ? next : -1;
            }

            parsed._pairs.Add((name, raw));
        }

        return parsed;
    }

    /// <summary>The query for Mattermost, without question mark.</summary>
    /// <param name="connection">Empty for a fresh connection.</param>
    /// <param name="sequence">0 for a fresh connection.</param>
    public string Rewrite(string connection, long sequence)
    {
        var query = new StringBuilder();
        foreach ((string name, string raw) in _pairs)
        {
            query.Append(query.Length == 0 ? "" : "&");
            _ = name switch
            {
                ConnectionName => query.Append(ConnectionName).Append('=').Append(Uri.EscapeDataString(connection)),
                SequenceName => query.Append(CultureInfo.InvariantCulture, $"{SequenceName}={sequence}"),
                _ => query.Append(raw),
            };
        }

        return query.ToString();
    }
}
