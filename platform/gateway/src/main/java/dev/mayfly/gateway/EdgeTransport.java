package dev.mayfly.gateway;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.TcpConfig;
import io.vertx.core.transport.Transport;
import java.net.SocketAddress;
import java.util.concurrent.ThreadFactory;

/** A transport of Vert.x, with a handler on each listener: the one place where a connection is seen before anything is known of it. */
@SuppressWarnings("deprecation") // of what is only passed on
final class EdgeTransport implements io.vertx.core.spi.transport.Transport {
    private final io.vertx.core.spi.transport.Transport real;
    private final ChannelHandler onListeners;

    private EdgeTransport(io.vertx.core.spi.transport.Transport real, ChannelHandler onListeners) {
        this.real = real;
        this.onListeners = onListeners;
    }

    /** Over the kernel's own transport where there is one. */
    static Transport over(ChannelHandler onListeners) {
        var best = Transport.nativeTransport();
        var real = best != null && best.available() ? best : Transport.NIO;
        var edge = new EdgeTransport(real.implementation(), onListeners);
        return new Transport() {
            @Override
            public String name() {
                return real.name();
            }

            @Override
            public boolean available() {
                return real.available();
            }

            @Override
            public Throwable unavailabilityCause() {
                return real.unavailabilityCause();
            }

            @Override
            public io.vertx.core.spi.transport.Transport implementation() {
                return edge;
            }
        };
    }

    @Override
    public void configure(TcpConfig options, boolean domainSocket, ServerBootstrap bootstrap) {
        real.configure(options, domainSocket, bootstrap);
        bootstrap.handler(onListeners);
    }

    // --- all else as it is

    @Override
    public void configure(TcpConfig options, boolean domainSocket, Bootstrap bootstrap) {
        real.configure(options, domainSocket, bootstrap);
    }

    @Override
    public void configure(DatagramChannel channel, DatagramSocketOptions options) {
        real.configure(channel, options);
    }

    @Override
    public boolean supportsDomainSockets() {
        return real.supportsDomainSockets();
    }

    @Override
    public boolean supportFileRegion() {
        return real.supportFileRegion();
    }

    @Override
    public boolean isAvailable() {
        return real.isAvailable();
    }

    @Override
    public Throwable unavailabilityCause() {
        return real.unavailabilityCause();
    }

    @Override
    public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
        return real.convert(address);
    }

    @Override
    public io.vertx.core.net.SocketAddress convert(SocketAddress address) {
        return real.convert(address);
    }

    @Override
    public IoHandlerFactory ioHandlerFactory() {
        return real.ioHandlerFactory();
    }

    @Override
    public EventLoopGroup eventLoopGroup(int type, int threads, ThreadFactory factory, int ratio) {
        return real.eventLoopGroup(type, threads, factory, ratio);
    }

    @Override
    public DatagramChannel datagramChannel(InternetProtocolFamily family) {
        return real.datagramChannel(family);
    }

    @Override
    public ChannelFactory<? extends DatagramChannel> datagramChannelFactory() {
        return real.datagramChannelFactory();
    }

    @Override
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
        return real.channelFactory(domainSocket);
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
        return real.serverChannelFactory(domainSocket);
    }
}
