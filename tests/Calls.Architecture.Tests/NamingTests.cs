using System.Text.RegularExpressions;

namespace Calls.Architecture.Tests;

/// <summary>Names and words that must not come back.</summary>
public sealed partial class NamingTests
{
    [Fact]
    public void No_type_is_a_grab_bag()
    {
        foreach (string file in SourceTree.CSharp("server"))
        {
            Match name = GrabBag().Match(File.ReadAllText(Path.Combine(SourceTree.Root, file)));
            Assert.False(name.Success, $"{file} declares {name.Groups[1].Value}");
        }
    }

    [Fact]
    public void No_unfinished_work_is_left_in_the_sources()
    {
        foreach (string file in SourceTree.CSharp("server"))
        {
            Match mark = Unfinished().Match(File.ReadAllText(Path.Combine(SourceTree.Root, file)));
            Assert.False(mark.Success, $"{file} contains {mark.Value}");
        }
    }

    [Fact]
    public void The_packet_path_has_no_lock_linq_or_task()
    {
        string[] packetPath = ["server/Calls.Rtc/Rtp", "server/Calls.Rtc/Srtp", "server/Calls.Rtc/Stun", "server/Calls.Rtc/Crypto"];
        foreach (string file in packetPath.Where(static folder => Directory.Exists(Path.Combine(SourceTree.Root, folder))).SelectMany(SourceTree.CSharp))
        {
            Match forbidden = NotOnPacketPath().Match(File.ReadAllText(Path.Combine(SourceTree.Root, file)));
            Assert.False(forbidden.Success, $"{file} uses {forbidden.Value}");
        }
    }

    [GeneratedRegex(@"\b(?:class|struct|record|interface|enum)\s+(\w*(?:Utils?|Helpers?|Managers?|Misc)|\w+Extensions?Bag|Common\w*)\b")]
    private static partial Regex GrabBag();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|NotImplementedException)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\block\s*\(|\busing System\.Linq\b|\basync\b|\bTask\b|\bILogger\b")]
    private static partial Regex NotOnPacketPath();
}
