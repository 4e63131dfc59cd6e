using System.Text.RegularExpressions;

namespace Calls.Architecture.Tests;

/// <summary>Which folder of a project may use which: dependencies point one way, from the socket to the bytes.</summary>
public sealed partial class FolderDependencyTests
{
    /// <summary>Protocol folders know bytes only; <c>Sfu</c> and <c>Sessions</c> put them together.</summary>
    private static readonly Dictionary<string, string[]> Rtc = new()
    {
        ["Crypto"] = [],
        ["Stun"] = ["Crypto"],
        ["Ice"] = ["Crypto", "Stun", "Transport"],
        ["Dtls"] = [],
        ["Srtp"] = ["Crypto"],
        ["Rtp"] = [],
        ["Rtcp"] = ["Rtp"],
        ["Sctp"] = ["Crypto"],
        ["DataChannels"] = ["Sctp"],
        ["Sdp"] = [],
        ["Transport"] = [],
        ["Sfu"] = ["Crypto", "Rtp", "Rtcp", "Srtp", "Transport"],
        ["Sessions"] = ["Crypto", "Stun", "Ice", "Dtls", "Srtp", "Rtp", "Rtcp", "Sctp", "DataChannels", "Sdp", "Transport", "Sfu"],
        ["Client"] = ["Crypto", "Stun", "Ice", "Dtls", "Srtp", "Rtp", "Rtcp", "Sctp", "DataChannels", "Sdp", "Transport"],
    };

    /// <summary>Edges implement ports of the core and do not call each other; the root (composition) sees everything.</summary>
    private static readonly Dictionary<string, string[]> Server = new()
    {
        ["Configuration"] = [],
        ["Observability"] = ["Configuration"],
        ["Signaling"] = ["Configuration", "Observability"],
        ["Api"] = ["Configuration", "Signaling"],
        ["Persistence"] = ["Configuration", "Observability"],
        ["Mattermost"] = ["Configuration", "Observability", "Signaling", "Api", "Jobs"],
        ["Media"] = ["Configuration"],
        ["Jobs"] = ["Configuration"],
        ["Rtcd"] = ["Observability"],
        ["Load"] = [],
        ["Commands"] = ["Configuration", "Observability", "Signaling", "Api", "Persistence", "Mattermost", "Media", "Jobs", "Rtcd", "Load"],
    };

    private static readonly string[] ProtocolFolders = ["Crypto", "Stun", "Dtls", "Srtp", "Rtp", "Rtcp", "Sctp", "DataChannels", "Sdp"];

    [Fact]
    public void Folders_of_the_media_stack_use_only_what_is_below_them() => AssertFolders("Calls.Rtc", Rtc);

    [Fact]
    public void Folders_of_the_server_use_only_what_they_may() => AssertFolders("Calls.Server", Server);

    [Fact]
    public void Only_rtcd_and_who_plays_its_client_speak_rtcds_protocol()
    {
        foreach (string file in SourceTree.CSharp("server").Where(static file => !file.StartsWith("server/Calls.Rtcd.Protocol/", StringComparison.Ordinal)))
        {
            bool mayKnow = file.StartsWith("server/Calls.Server/Rtcd/", StringComparison.Ordinal)
                || file.StartsWith("server/Calls.Server/Load/", StringComparison.Ordinal);
            Assert.True(mayKnow || !File.ReadAllText(Path.Combine(SourceTree.Root, file)).Contains("Calls.Rtcd.Protocol", StringComparison.Ordinal), $"{file} uses rtcd's protocol.");
        }
    }

    [Fact]
    public void Protocol_folders_touch_neither_sockets_nor_clocks()
    {
        foreach (string folder in ProtocolFolders.Where(static folder => Directory.Exists(Path.Combine(SourceTree.Root, "server/Calls.Rtc", folder))))
        {
            foreach (string file in SourceTree.CSharp($"server/Calls.Rtc/{folder}"))
            {
                string text = File.ReadAllText(Path.Combine(SourceTree.Root, file));
                Match forbidden = SocketOrClock().Match(text);
                Assert.False(forbidden.Success, $"{file} uses {forbidden.Value}");
            }
        }
    }

    [Fact]
    public void Namespaces_follow_folders()
    {
        foreach (string file in SourceTree.CSharp("server"))
        {
            string folder = Path.GetDirectoryName(Path.GetRelativePath("server", file))!.Replace('/', '.');
            Match declared = NamespaceLine().Match(File.ReadAllText(Path.Combine(SourceTree.Root, file)));

            Assert.True(!declared.Success || declared.Groups[1].Value == folder, $"{file} declares {declared.Groups[1].Value}");
        }
    }

    private static void AssertFolders(string project, Dictionary<string, string[]> allowed)
    {
        foreach (string file in SourceTree.CSharp($"server/{project}"))
        {
            string[] parts = file.Split('/');
            if (parts.Length < 4)
            {
                continue; // the project's root composes its folders
            }

            string folder = parts[2];
            Assert.True(allowed.ContainsKey(folder), $"{file}: folder {folder} is not in the table of allowed dependencies.");
            foreach (Match used in Regex.Matches(File.ReadAllText(Path.Combine(SourceTree.Root, file)), $@"\b{Regex.Escape(project)}\.([A-Z]\w+)"))
            {
                string other = used.Groups[1].Value;
                Assert.True(
                    other == folder || !allowed.ContainsKey(other) || allowed[folder].Contains(other),
                    $"{file} in {folder} uses {project}.{other}, which is not below it.");
            }
        }
    }

    [GeneratedRegex(@"\b(System\.Net\.Sockets|Stopwatch\.GetTimestamp|DateTime(Offset)?\.(Utc)?Now|Environment\.TickCount|TimeProvider)\b")]
    private static partial Regex SocketOrClock();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
