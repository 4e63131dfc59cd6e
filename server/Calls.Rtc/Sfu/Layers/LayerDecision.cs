namespace Calls.Rtc.Sfu.Layers;

/// <summary>What becomes of one packet at one subscriber.</summary>
internal enum LayerDecision
{
    /// <summary>Belongs to the layer that the subscriber gets.</summary>
    Forward,

    /// <summary>The first packet of the layer that the subscriber gets from now on.</summary>
    Switch,

    /// <summary>Another layer's.</summary>
    OtherLayer,

    /// <summary>No decoder could start here.</summary>
    AwaitingKeyFrame,

    /// <summary>The subscriber gets nothing of this track at present.</summary>
    Paused,
}
