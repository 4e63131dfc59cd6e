// Browsers and encoders fill a small machine: what one test measures must not depend on what runs beside it.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
