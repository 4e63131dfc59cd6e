namespace Calls.Rtc.Rtcp;

/// <summary>The report blocks of a sender or receiver report, at most 31.</summary>
internal readonly ref struct ReportBlocks(ReadOnlySpan<byte> blocks)
{
    private readonly ReadOnlySpan<byte> _blocks = blocks;

    public int Count => _blocks.Length / ReportBlock.Length;

    public ReportBlock this[int index] => ReportBlock.Read(_blocks[(index * ReportBlock.Length)..]);
}
