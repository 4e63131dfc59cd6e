using System.Buffers.Binary;
using Calls.Rtc.Sfu;
using Calls.Rtc.Sfu.Loudest;

namespace Calls.Rtc.Tests.Sfu.Loudest;

/// <summary>Speakers on loops of their own, as real threads, that hand slots over while packets flow.</summary>
public sealed class SlotHandoverTests
{
    private const int Packets = 20_000;
    private const int Speakers = 4;

    [Fact]
    public async Task A_slot_has_one_writer_at_a_time_whatever_the_threads_do()
    {
        var call = new TestCall();
        var voices = new LoudestVoices(2, call.Clock);
        TestClient listener = call.Join("listener");
        uint[] ssrcs = [.. voices.Slots.Select(_ => listener.Participant.AllocateSsrc())];
        foreach ((VoiceSlot slot, uint ssrc) in voices.Slots.Zip(ssrcs))
        {
            Assert.True(slot.Track.AddSubscriber(new TrackForwarder(listener.Participant, ssrc, 111, default)));
        }

        // Each in a call of its own, so that nothing but the slots leads to the listener.
        TestClient[] speakers = [.. Enumerable.Range(0, Speakers).Select(i => new TestCall().Join($"speaker{i}").WithMicrophone())];
        byte[][][] datagrams = [.. speakers.Select(static (speaker, index) => Enumerable.Range(0, Packets).Select(i => speaker.Protect(Speech(i, index))).ToArray())];
        foreach (TestClient speaker in speakers)
        {
            speaker.IsRecordingEvents = false;
            speaker.Participant.Candidate = voices.Add(speaker.Participant);
        }

        using var step = new Barrier(Speakers);
        RecordingSink[] sinks = [.. speakers.Select(static _ => new RecordingSink())];
        await Task.WhenAll(Enumerable.Range(0, Speakers).Select(index => Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < Packets; i++)
                {
                    // All at once, and no further apart than a packet.
                    step.SignalAndWait();
                    speakers[index].Participant.ReceiveRtp(datagrams[index][i], i * 20, sinks[index]);
                    speakers[index].Participant.Tick(i * 20, sinks[index]);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        foreach (uint ssrc in ssrcs)
        {
            // Contiguous and each number once: a second writer would have repeated some, under the same key.
            ushort[] numbers = [.. sinks.SelectMany(static sink => sink.Packets).Select(static packet => packet.Bytes)
                .Where(bytes => bytes[0] >> 6 == 2 && bytes[1] is 111 or (111 | 0x80) && BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(8)) == ssrc)
                .Select(static bytes => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(2))).Order()];
            Assert.InRange(numbers.Length, Packets / 4, Packets);
            Assert.All(numbers.Zip(numbers.Skip(1)), static pair => Assert.Equal(pair.First + 1, pair.Second));
        }
    }

    // Everybody is loud in turn, and two of four at a time: slots change hands every 20 packets or so.
    private static byte[] Speech(int number, int speaker)
    {
        int turn = number / 40 % Speakers;
        byte level = (byte)(turn == speaker || (turn + 1) % Speakers == speaker ? 20 : 127);
        return TestClient.Speech((ushort)number, level).Build();
    }
}
