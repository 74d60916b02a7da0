using System.Collections.Concurrent;

namespace R1Lab.Web.Access;

/// <summary>Requests that run on an API key right now, so that revoking the key ends its streams at once.</summary>
public sealed class ActiveKeyRequests
{
    private readonly ConcurrentDictionary<HttpContext, int> _keys = new();

    public void Add(HttpContext context, int keyId)
    {
        if (!_keys.TryAdd(context, keyId)) return;
        context.Response.OnCompleted(() =>
        {
            _keys.TryRemove(context, out _);
            return Task.CompletedTask;
        });
    }

    public void Abort(int keyId)
    {
        foreach (var (context, id) in _keys)
        {
            if (id == keyId) context.Abort();
        }
    }
}
