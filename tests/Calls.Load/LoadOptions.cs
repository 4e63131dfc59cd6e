using System.Globalization;

namespace Calls.Load;

/// <summary>What is driven against the media server.</summary>
/// <param name="Joins">Listeners that join one after the other once the rest was measured.</param>
internal sealed record LoadOptions(int Calls, int Users, int Unmuted, int Seconds, int Joins, bool Json)
{
    public const string Usage = "usage: Calls.Load [--calls N] [--users N] [--unmuted N] [--seconds N] [--joins N] [--json]";

    /// <summary><c>null</c>: the arguments are not understood.</summary>
    public static LoadOptions? Parse(string[] args)
    {
        var options = new LoadOptions(Calls: 1, Users: 8, Unmuted: 2, Seconds: 20, Joins: 0, Json: false);
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
                "--joins" => options with { Joins = Math.Min(value, 1_000) },
                _ => null,
            };
            if (next is null)
            {
                return null;
            }

            options = next;
        }

        return options.Unmuted <= options.Users ? options : null;
    }
}
