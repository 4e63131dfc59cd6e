namespace Calls.StandIn.State;

/// <summary>Uploaded files and unfinished uploads.</summary>
internal sealed class FileStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, StoredFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, UploadSession> _uploads = new(StringComparer.Ordinal);

    public StoredFile? Get(string id)
    {
        lock (_gate)
        {
            return _files.GetValueOrDefault(id);
        }
    }

    public void Put(StoredFile file)
    {
        lock (_gate)
        {
            _files[file.Id] = file;
        }
    }

    public UploadSession? GetUpload(string id)
    {
        lock (_gate)
        {
            return _uploads.GetValueOrDefault(id);
        }
    }

    public void PutUpload(UploadSession upload)
    {
        lock (_gate)
        {
            _uploads[upload.Id] = upload;
        }
    }

    public void RemoveUpload(string id)
    {
        lock (_gate)
        {
            _uploads.Remove(id);
        }
    }
}
