using System.Globalization;

namespace Calls.Load.Signaling;

/// <summary>Who joins what.</summary>
/// <param name="Calls">Calls, each in a channel of its own; with one call, all users of the team are members of its channel.</param>
/// <param name="Users">Who joins each call.</param>
/// <param name="Over">Seconds over which the joins are spread evenly.</param>
/// <param name="DatabaseUrl">PostgreSQL of the caller; <c>null</c> = a server of the run's own.</param>
internal sealed record SignalingOptions(int Calls, int Users, int Over, bool IsSqlite, string? DatabaseUrl)
{
    public const string Usage = "       Calls.Load signaling [--calls N] [--users N] [--over SECONDS] [--database postgres://...] [--sqlite]";

    private const int MaxJoins = 5_000;

    /// <summary><c>null</c>: the arguments are not understood, or ask for too much.</summary>
    public static SignalingOptions? Parse(ReadOnlySpan<string> args)
    {
        var options = new SignalingOptions(Calls: 1, Users: 1000, Over: 45, IsSqlite: false, DatabaseUrl: null);
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i];
            if (name == "--sqlite")
            {
                options = options with { IsSqlite = true };
            }
            else if (i + 1 == args.Length)
            {
                return null;
            }
            else if (name == "--database")
            {
                options = options with { DatabaseUrl = args[++i] };
            }
            else if (int.TryParse(args[++i], CultureInfo.InvariantCulture, out int value) && value >= (name == "--over" ? 0 : 1))
            {
                switch (name)
                {
                    case "--calls":
                        options = options with { Calls = value };
                        break;
                    case "--users":
                        options = options with { Users = value };
                        break;
                    case "--over":
                        options = options with { Over = value };
                        break;
                    default:
                        return null;
                }
            }
            else
            {
                return null;
            }
        }

        return options.Calls * options.Users <= MaxJoins ? options : null;
    }
}
