using System.Globalization;

namespace Calls.Load;

/// <summary>What is driven against the media server.</summary>
/// <param name="WarmUp">Seconds between the last join and the measurement. The just-in-time compiler takes some 15 s of traffic to come to rest.</param>
/// <param name="Joins">Listeners that join one after the other once the rest was measured.</param>
internal sealed record LoadOptions(int Calls, int Users, int Unmuted, int Seconds, int WarmUp, int Joins, bool Json)
{
    public const string Usage = "usage: Calls.Load [--calls N] [--users N] [--unmuted N] [--seconds N] [--warm-up N] [--joins N] [--json]";

    /// <summary>More than one generator's thread can serve.</summary>
    public const int MaxSessions = 1_000;

    /// <summary><c>null</c>: the arguments are not understood, or ask for too much.</summary>
    public static LoadOptions? Parse(string[] args)
    {
        var options = new LoadOptions(Calls: 1, Users: 8, Unmuted: 2, Seconds: 20, WarmUp: 15, Joins: 0, Json: false);
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i] == "--json")
            {
                options = options with { Json = true };
                continue;
            }

            if (i + 1 == args.Length || !int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out int value) || value < 1)
            {
                return null;
            }

            LoadOptions? next = args[i++] switch
            {
                "--calls" => options with { Calls = value },
                "--users" => options with { Users = value },
                "--unmuted" => options with { Unmuted = value },
                "--seconds" => options with { Seconds = Math.Min(value, 600) },
                "--warm-up" => options with { WarmUp = Math.Min(value, 600) },
                "--joins" => options with { Joins = Math.Min(value, 1_000) },
                _ => null,
            };
            if (next is null)
            {
                return null;
            }

            options = next;
        }

        return options.Unmuted <= options.Users && (long)options.Calls * options.Users <= MaxSessions ? options : null;
    }
}
