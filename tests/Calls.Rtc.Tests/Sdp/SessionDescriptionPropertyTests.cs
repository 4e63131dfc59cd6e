using Calls.Rtc.Sdp;

namespace Calls.Rtc.Tests.Sdp;

/// <summary>Random and mutated descriptions: nothing throws, and what parses can be written and parsed again.</summary>
public sealed class SessionDescriptionPropertyTests
{
    private const int Seed = 20_240_611;

    [Fact]
    public void Mutated_descriptions_never_throw_and_stay_stable()
    {
        var random = new Random(Seed);
        string[] corpus = [.. SdpFixtures.Names().Select(SdpFixtures.Read)];
        int accepted = 0;
        for (int i = 0; i < 6_000; i++)
        {
            string text = Mutate(corpus[random.Next(corpus.Length)], corpus, random);
            if (SessionDescription.TryParse(text, out SessionDescription? description, out _))
            {
                accepted++;
                string written = description.Write();
                Assert.True(
                    SessionDescription.TryParse(written, out SessionDescription? again, out SdpError error) && again.Write() == written,
                    $"seed {Seed}, input {i}: {error}");
            }
        }

        Assert.InRange(accepted, 500, 6_000);
    }

    [Fact]
    public void Random_text_is_refused()
    {
        var random = new Random(Seed);
        for (int i = 0; i < 10_000; i++)
        {
            char[] text = new char[random.Next(200)];
            foreach (ref char character in text.AsSpan())
            {
                character = (char)random.Next(random.Next(2) == 0 ? 128 : 65_536);
            }

            Assert.False(SessionDescription.TryParse(text, out _, out _), $"seed {Seed}, input {i}");
        }
    }

    [Fact]
    public void Mutated_descriptions_leave_a_negotiation_usable()
    {
        var random = new Random(Seed);
        string[] corpus = [.. SdpFixtures.Names().Where(name => name.Contains("-client-")).Select(SdpFixtures.Read)];
        for (int session = 0; session < 150; session++)
        {
            var pair = new NegotiationPair();
            for (int i = 0; i < 12; i++)
            {
                string text = Mutate(corpus[random.Next(corpus.Length)], corpus, random);
                NegotiationResult result = random.Next(3) == 0
                    ? pair.Sfu.TryApplyAnswer(text)
                    : pair.Sfu.TryApplyOffer(text, out _);
                if (random.Next(2) == 0)
                {
                    pair.Sfu.Want(NegotiationPair.Voice("p" + random.Next(5)));
                    pair.Sfu.Unwant(NegotiationPair.Voice("p" + random.Next(5)).TrackId);
                }

                if (pair.Sfu.NeedsOffer)
                {
                    NegotiationPair.Parse(pair.Sfu.CreateOffer(out _));
                }

                if (random.Next(4) == 0)
                {
                    pair.Sfu.Rollback();
                }

                Assert.True(pair.Sfu.Receiving.Count <= PeerNegotiation.MaxInboundTracks, $"seed {Seed}, {session}, {i}, {result}");
            }
        }
    }

    private static string Mutate(string text, string[] corpus, Random random)
    {
        string[] lines = text.Split("\r\n");
        for (int edits = random.Next(1, 4); edits > 0; edits--)
        {
            int line = random.Next(lines.Length);
            switch (random.Next(5))
            {
                case 0:
                    lines[line] = "";
                    break;
                case 1:
                    lines[line] = lines[random.Next(lines.Length)];
                    break;
                case 2:
                    string[] other = corpus[random.Next(corpus.Length)].Split("\r\n");
                    lines[line] += "\r\n" + other[random.Next(other.Length)];
                    break;
                case 3 when lines[line].Length > 0:
                    char[] characters = lines[line].ToCharArray();
                    characters[random.Next(characters.Length)] = (char)random.Next(256);
                    lines[line] = new(characters);
                    break;
                default:
                    lines[line] = lines[line][..random.Next(lines[line].Length + 1)];
                    break;
            }
        }

        return string.Join("\r\n", lines);
    }
}
