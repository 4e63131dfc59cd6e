using System.Buffers.Binary;
using System.Net;
using Calls.Rtc.Client;
using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests.Hostility;

/// <summary>What somebody without credentials can do to the media port of a live call (media.md 9.2 to 9.5).</summary>
public sealed class StrangerTests
{
    private const byte Handshake = 22;
    private const byte Alert = 21;

    [Fact]
    public void Handshakes_from_addresses_without_a_check_are_neither_answered_nor_remembered()
    {
        using var call = new PeerCall();
        byte[][] hellos = Capture(call, static datagram => datagram[0] == Handshake, () => call.JoinAndConnect("carol"));
        var bystanders = new Bystanders(call);
        int paths = call.Rtc.Loops.Sum(static loop => loop.PathCount);
        Dictionary<TransportAddress, int> answers = CountAnswers(call);

        bystanders.Endure(2_000, everyMs: 5, i =>
        {
            foreach (byte[] hello in hellos)
            {
                call.Network.Send(Stranger(i), PeerCall.ServerAddress, hello, call.NowMs);
            }
        });

        Assert.DoesNotContain(answers.Keys, static address => IsStranger(address));
        Assert.Equal(paths, call.Rtc.Loops.Sum(static loop => loop.PathCount));
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void Checks_without_the_password_are_not_answered_whatever_address_they_claim_to_come_from()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        string ufrag = call.Server(bystanders.Alice).Credentials.Ufrag;
        byte[] check = PeerChecks.Check(ufrag, bystanders.Alice.Rtc.LocalUfrag, "not the password, not the password");
        Dictionary<TransportAddress, int> answers = CountAnswers(call);
        long forged = call.Rtc.Count(Sessions.CheckResult.Forged);

        bystanders.Endure(2_000, everyMs: 2, i =>
        {
            call.Network.Send(Stranger(i), PeerCall.ServerAddress, check, call.NowMs);
            call.Network.Send(bystanders.Bob.Address, PeerCall.ServerAddress, check, call.NowMs); // to make Bob's path Alice's
        });

        Assert.DoesNotContain(answers.Keys, static address => IsStranger(address));
        Assert.InRange(call.Rtc.Count(Sessions.CheckResult.Forged) - forged, 1_990, 2_000);
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void A_check_is_answered_with_12_bytes_more_at_most()
    {
        using var call = new PeerCall();
        int largestGrowth = int.MinValue;
        Dictionary<TransportAddress, int> sizes = [];
        call.Network.Filter = (from, to, datagram) =>
        {
            if (PacketDemuxer.Classify(datagram) == PacketKind.Stun)
            {
                if (to == PeerCall.ServerAddress)
                {
                    sizes[from] = datagram.Length;
                }
                else
                {
                    largestGrowth = Math.Max(largestGrowth, datagram.Length - sizes[to]);
                }
            }

            return true;
        };
        var bystanders = new Bystanders(call);

        bystanders.HaveLostNothing();
        Assert.InRange(largestGrowth, -100, 12);
    }

    [Fact]
    public void Answers_and_errors_to_checks_that_we_never_sent_change_nothing()
    {
        using var call = new PeerCall();
        byte[][] answers = CaptureFromServer(call, static datagram => PacketDemuxer.Classify(datagram) == PacketKind.Stun, () => call.JoinAndConnect("carol"));
        var bystanders = new Bystanders(call);

        bystanders.Endure(1_000, everyMs: 2, i =>
        {
            byte[] answer = [.. answers[i % answers.Length]];
            answer[0] = (byte)(i % 2); // success and error responses, and indications
            answer[1] = (byte)(i % 3 == 0 ? 0x11 : 0x01);
            call.Network.Send(bystanders.Alice.Address, PeerCall.ServerAddress, answer, call.NowMs);
            call.Network.Send(Stranger(i), PeerCall.ServerAddress, answer, call.NowMs);
        });

        bystanders.HaveLostNothing();
    }

    [Fact]
    public void Records_that_anybody_could_write_do_not_end_an_association()
    {
        using var call = new PeerCall();
        byte[][] hellos = Capture(call, static datagram => datagram[0] == Handshake, () => call.JoinAndConnect("carol"));
        var bystanders = new Bystanders(call);

        // As if the attacker could use Alice's address: plaintext alerts (fatal ones and close_notify), and handshakes anew.
        bystanders.Endure(2_000, everyMs: 10, i =>
        {
            call.Network.Send(bystanders.Alice.Address, PeerCall.ServerAddress, AlertRecord(2, (byte)(i % 120)), call.NowMs);
            call.Network.Send(bystanders.Alice.Address, PeerCall.ServerAddress, AlertRecord(1, 0), call.NowMs);
            call.Network.Send(bystanders.Alice.Address, PeerCall.ServerAddress, hellos[i % hellos.Length], call.NowMs);
        });

        bystanders.HaveLostNothing();
        bystanders.Alice.Rtc.Channel!.Send(DataChannels.CallsChannelMessageType.Ping, call.NowMs);
        int pongs = bystanders.Alice.ChannelMessages.Count(static message => message.Type == DataChannels.CallsChannelMessageType.Pong);
        call.Run(100);
        Assert.True(bystanders.Alice.ChannelMessages.Count(static message => message.Type == DataChannels.CallsChannelMessageType.Pong) > pongs);
    }

    [Fact]
    public void Hellos_that_come_before_the_clients_own_do_not_keep_it_out()
    {
        using var call = new PeerCall();
        byte[][] foreign = Capture(call, static datagram => datagram[0] == Handshake && datagram[13] == 1, () => call.JoinAndConnect("carol"));
        var bystanders = new Bystanders(call);

        // From elsewhere at any time, and from Dave's own address before a check has proved that he is there.
        ClientPeer dave = call.Create("dave");
        call.Network.Filter = (from, to, datagram) =>
        {
            if (from == dave.Address)
            {
                call.Network.Send(Stranger(datagram.Length), to, foreign[0], call.NowMs);
            }

            return true;
        };
        Array.ForEach(foreign, hello => call.Network.Send(dave.Address, PeerCall.ServerAddress, hello, call.NowMs));
        dave.Rtc.Start(call.NowMs);

        call.Until(() => dave.Rtc.State == RtcClientState.Open, "Dave is connected", limitMs: 1_000);

        bystanders.HaveLostNothing();
    }

    [Fact]
    public void Media_from_strangers_and_random_media_from_a_known_address_is_dropped()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        var random = new Random(94);
        long dropped = call.Rtc.TransportCounters.DroppedUnregistered;

        bystanders.Endure(2_000, everyMs: 2, i =>
        {
            byte[] media = new byte[random.Next(12, 1_200)];
            random.NextBytes(media);
            (media[0], media[1]) = (0x90, 111);
            BinaryPrimitives.WriteUInt32BigEndian(media.AsSpan(8), bystanders.Alice.Voice!.Ssrc);
            call.Network.Send(Stranger(i), PeerCall.ServerAddress, media, call.NowMs);
            call.Network.Send(bystanders.Alice.Address, PeerCall.ServerAddress, media, call.NowMs);
        });

        Assert.InRange(call.Rtc.TransportCounters.DroppedUnregistered - dropped, 990, 1_000);
        Assert.InRange(call.Server(bystanders.Alice).Participant.Count(Sfu.RtpReceiveResult.NotAuthentic), 990, 1_000);
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void Packets_that_are_sent_again_are_heard_once()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        var recorded = new List<byte[]>();
        bool isReplaying = false;
        call.Network.Filter = (from, to, datagram) =>
        {
            if (!isReplaying && from == bystanders.Alice.Address && datagram[0] is > 19 and < 64 or > 127)
            {
                recorded.Add(datagram);
            }

            return true;
        };

        // Each of Alice's packets of every protocol comes three more times, at once and seconds later.
        bystanders.Endure(5_000, everyMs: 20, i =>
        {
            isReplaying = true;
            foreach (byte[] datagram in recorded.Skip(Math.Max(0, recorded.Count - 3)).Concat(recorded.Skip(i / 2).Take(3)).ToArray())
            {
                call.Network.Send(bystanders.Alice.Address, PeerCall.ServerAddress, datagram, call.NowMs);
            }

            isReplaying = false;
        });

        bystanders.HaveLostNothing();
    }

    private static TransportAddress Stranger(int number) => TransportAddress.From(new(IPAddress.Parse($"203.0.113.{number % 250}"), 1_024 + number));

    private static bool IsStranger(TransportAddress address) => address.ToEndPoint().Address.ToString().StartsWith("203.0.113.", StringComparison.Ordinal);

    // Epoch 0, which nobody has to know a key for (RFC 6347, section 4.1).
    private static byte[] AlertRecord(byte level, byte description) => [Alert, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, level, description];

    private static byte[][] Capture(PeerCall call, Func<byte[], bool> isWanted, Action act) => Capture(call, toServer: true, isWanted, act);

    private static byte[][] CaptureFromServer(PeerCall call, Func<byte[], bool> isWanted, Action act) => Capture(call, toServer: false, isWanted, act);

    private static byte[][] Capture(PeerCall call, bool toServer, Func<byte[], bool> isWanted, Action act)
    {
        var captured = new List<byte[]>();
        call.Network.Filter = (_, to, datagram) =>
        {
            if (to == PeerCall.ServerAddress == toServer && isWanted(datagram))
            {
                captured.Add(datagram);
            }

            return true;
        };
        act();
        call.Network.Filter = null;
        return [.. captured];
    }

    private static Dictionary<TransportAddress, int> CountAnswers(PeerCall call)
    {
        Dictionary<TransportAddress, int> answers = [];
        call.Network.Filter = (from, to, _) =>
        {
            if (from == PeerCall.ServerAddress)
            {
                answers[to] = answers.GetValueOrDefault(to) + 1;
            }

            return true;
        };
        return answers;
    }
}
