namespace R1Lab.Web.Serving.Remote;

/// <summary>
/// An answer's body that gives up when it is too long, too slow or silent for too long. As a stream of events it also bounds each event, because
/// a reader keeps one in memory, and ends the last one where the server left the blank line out.
/// </summary>
internal sealed class BoundedBody(Stream inner, OutboundLimits limits, TimeProvider time, long started) : Stream
{
    private readonly CancellationTokenSource _limit = new(Timeout.InfiniteTimeSpan, time);
    private byte[] _ahead = [];
    private byte[] _ending = [];
    private long _read;
    private EventSize? _event;
    private TimeSpan _whole = limits.Whole;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static EndpointException Cut(Exception? cause) => new("endpoint_cut", $"the connection ended in the middle of the answer", cause);

    /// <summary>The first byte that is no white space, which stays to be read; null when there is none.</summary>
    public async ValueTask<byte?> PeekAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        while (true)
        {
            var read = await ReadInnerAsync(buffer, cancellationToken);
            if (read == 0) return null;
            var at = buffer.AsSpan(0, read).IndexOfAnyExcept(" \t\r\n"u8);
            if (at < 0) continue;
            _ahead = buffer[at..read];
            return _ahead[0];
        }
    }

    /// <summary>Bounds each event from here on.</summary>
    public void ReadAsEvents() => (_event, _ending) = (new EventSize(limits.EventBytes), "\n\n"u8.ToArray());

    /// <summary>The answer says that it ended: little more may follow.</summary>
    public void ExpectEnd()
    {
        var soon = time.GetElapsedTime(started) + limits.AfterEnd;
        if (soon < _whole) _whole = soon;
    }

    /// <summary>All that is left, at most so many bytes; what lies behind them is not read.</summary>
    public async Task<byte[]> ReadStartAsync(int most, CancellationToken cancellationToken)
    {
        var buffer = new byte[most];
        return buffer[..await this.ReadAtLeastAsync(buffer, most, throwOnEndOfStream: false, cancellationToken)];
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = _ahead.Length > 0 ? Take(ref _ahead, buffer.Span) : await ReadInnerAsync(buffer, cancellationToken);
        if (read == 0) read = Take(ref _ending, buffer.Span);
        _event?.Count(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _limit.Dispose();
        }

        base.Dispose(disposing);
    }

    private static int Take(ref byte[] from, Span<byte> buffer)
    {
        var count = Math.Min(from.Length, buffer.Length);
        from.AsSpan(0, count).CopyTo(buffer);
        from = from[count..];
        return count;
    }

    private async ValueTask<int> ReadInnerAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var left = _whole - time.GetElapsedTime(started);
        if (left <= TimeSpan.Zero) throw TooSlow(null);
        _limit.CancelAfter(left < limits.Idle ? left : limits.Idle);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _limit.Token);
        try
        {
            var read = await inner.ReadAsync(buffer, linked.Token);
            _limit.CancelAfter(Timeout.InfiniteTimeSpan); // the reader may take its time
            if ((_read += read) > limits.Bytes) throw new EndpointException("endpoint_answer_too_large", $"the answer is longer than {limits.Bytes >> 20} MiB");
            return read;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw left < limits.Idle ? TooSlow(e) : new EndpointException("endpoint_silent", $"nothing came for {limits.Idle.TotalSeconds} s", e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw Cut(e);
        }
    }

    private EndpointException TooSlow(Exception? cause) =>
        new("endpoint_too_slow", $"the answer was not finished within {limits.Whole.TotalSeconds} s", cause);

    /// <summary>The length of the present event, which a blank line ends.</summary>
    private sealed class EventSize(int most)
    {
        private int _bytes;
        private bool _isLineEmpty = true;
        private bool _afterReturn;

        public void Count(ReadOnlySpan<byte> bytes)
        {
            foreach (var one in bytes)
            {
                if (one is (byte)'\n' or (byte)'\r') EndLine(one);
                else _isLineEmpty = _afterReturn = false;
                if (++_bytes > most) throw new EndpointException("endpoint_event_too_large", $"one event of the answer is longer than {most >> 10} KiB");
            }
        }

        private void EndLine(byte end)
        {
            if (end == '\n' && _afterReturn)
            {
                _afterReturn = false; // the second half of one line end
                return;
            }

            if (_isLineEmpty) _bytes = 0;
            (_isLineEmpty, _afterReturn) = (true, end == '\r');
        }
    }
}
