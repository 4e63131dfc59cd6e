using System.Text;

namespace Calls.Browser.Tests;

/// <summary>A fake microphone's sound: a tone in bursts, like syllables, so that it passes noise suppression and counts as speech.</summary>
internal static class ToneFile
{
    private const int SampleRate = 48_000;

    public static void Write(string path, int frequencyHz, int seconds = 4)
    {
        using var writer = new BinaryWriter(File.Create(path), Encoding.ASCII);
        int dataLength = SampleRate * seconds * sizeof(short);
        writer.Write("RIFF"u8);
        writer.Write(36 + dataLength);
        writer.Write("WAVEfmt "u8);
        writer.Write(16);
        writer.Write((short)1); // PCM
        writer.Write((short)1); // mono
        writer.Write(SampleRate);
        writer.Write(SampleRate * sizeof(short));
        writer.Write((short)sizeof(short));
        writer.Write((short)16);
        writer.Write("data"u8);
        writer.Write(dataLength);
        for (int i = 0; i < SampleRate * seconds; i++)
        {
            double time = (double)i / SampleRate;
            double envelope = Math.Max(0, Math.Sin(2 * Math.PI * 2 * time)); // two bursts a second
            writer.Write((short)(20_000 * envelope * Math.Sin(2 * Math.PI * frequencyHz * time)));
        }
    }
}
