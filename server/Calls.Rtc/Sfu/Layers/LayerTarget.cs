namespace Calls.Rtc.Sfu.Layers;

/// <summary>What one subscriber is to get of a video track.</summary>
/// <param name="Layer">Simulcast layer, 0 the lowest; -1: nothing at all.</param>
/// <param name="TemporalLayer">The highest temporal layer that is forwarded, 0 to 3.</param>
internal readonly record struct LayerTarget(int Layer, int TemporalLayer)
{
    public const int AllTemporalLayers = LayerRate.MaxTemporalLayers - 1;

    /// <summary>Where every subscriber starts (media.md 4.6).</summary>
    public static LayerTarget Lowest { get; } = new(0, AllTemporalLayers);

    public static LayerTarget Nothing { get; } = new(-1, 0);

    public bool IsNothing => Layer < 0;

    /// <summary>In one word, so that one thread can write and another read it.</summary>
    public int Pack() => (Layer << 8) | TemporalLayer;

    public static LayerTarget Unpack(int packed) => new(packed >> 8, packed & 0xFF);
}
